import type { BuildParameters } from '../../openapi/generated/types.ts';
import { fairShares } from '../capacity/state.ts';
import { ApiError } from '../errors.ts';
import { resultForKey } from '../ledger/idempotency.ts';
import { buildId } from '../ledger/names.ts';
import { promotableBuilds, start } from '../ledger/state.ts';
import type { BuildRecord, IdempotencyKey, NewBuild, StartResult } from '../ledger/types.ts';
import { pushedImage } from '../registry/names.ts';
import type { Source } from '../source/source.ts';
import { adoptRuns } from './adopt-runs.ts';
import { applyChange } from './apply.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { requireVersions } from './deprecated-versions.ts';
import { idempotencyKeyOf, normalizeParameters } from './parameters.ts';
import { reconcile } from './reconcile.ts';

export type StartContext = BuildsContext & {
  source: Source;
  /**
   * Makes the tool's project in the registry where it is missing.
   * @throws ApiError 503 `registry_refused` or `registry_unavailable`
   */
  prepareRegistry: (tool: string, signal: AbortSignal) => Promise<void>;
};

export type StartedBuild = {
  id: string;
  commit: string;
  /** Hash that the requested ref names: the commit, or the object of an annotated tag. */
  resolvedRef: string;
  /** Position of the build in the queue of its tool, from 1. 0 for a build that runs. */
  position: number;
  parameters: Required<BuildParameters>;
};

/** Delay in seconds before a client may retry a start that the tool's quota refused. */
const retryAfterSeconds = 30;

/**
 * Returns the error for a start that the tool's quota refuses. The status is 409, as in builds-api 2: components-api
 * waits and retries for that status only, and repeats the request at once for any other.
 */
const quotaExceeded = (sentence: string): ApiError =>
  new ApiError(409, 'quota_exceeded', sentence, { retryAfter: retryAfterSeconds });

const full = (): ApiError =>
  quotaExceeded(
    'This tool has as many running and queued builds as it may have. Wait for a build to finish, or cancel one.',
  );

const tooLarge = (): ApiError =>
  quotaExceeded(
    'The envvars of the running and queued builds use all the space for envvars. Wait for a build to finish, cancel one, or pass fewer envvars.',
  );

const keyReused = (): ApiError =>
  new ApiError(
    422,
    'idempotency_key_reused',
    'This Idempotency-Key was used with another request. Use a new key for a new build.',
  );

/** Creates the run of an accepted build. A failure is only logged: the next reconcile creates the run. */
const createRun = async (context: StartContext, tool: string, build: BuildRecord): Promise<void> => {
  try {
    const hasLedgerChanged = await applyChange(context, tool, new Map(), { kind: 'create', build, cancelled: false });
    if (hasLedgerChanged) await reconcile(context, tool);
  } catch (error) {
    context.log('WARNING', 'an accepted build has no run yet; it will be created', { tool, id: build.id, error });
  }
};

/**
 * Reconciles a tool with queued builds where a slot of the cluster is free, or where the tool is not registered as
 * waiting for a slot. In both cases a killed function has left the tool behind.
 */
const reconcileIfForgotten = async (context: StartContext, tool: string): Promise<void> => {
  const { capacity, log } = context;
  if (capacity.slots === undefined) return;
  try {
    const state = await capacity.read();
    const isRegistered = state.waiting.some((waiting) => waiting.tool === tool);
    if (!isRegistered || fairShares(state, capacity.slots).size > 0) await reconcile(context, tool);
  } catch (error) {
    log('WARNING', 'a queued build waits for the next sweep', { tool, error });
  }
};

/**
 * Accepts a build: writes the build into the ledger, then creates its run. Where the run cannot be created now, the
 * next reconcile creates the run. Where the tool's limit was raised since the last write, the same write promotes
 * queued builds, and their runs are created as well.
 */
const accept = async (
  context: StartContext,
  tool: string,
  build: NewBuild,
  key: IdempotencyKey | undefined,
): Promise<StartResult> => {
  const { result, promoted, isQueueWaiting } = await changeLedger(context, tool, ({ state, limits }) => {
    const next = start(state, build, key, limits, context.now());
    const ranBefore = new Set(state.running.map(({ id }) => id));
    const promoted = next.state.running.filter(({ id }) => id === build.id || !ranBefore.has(id));
    const isQueueWaiting = promotableBuilds(next.state, limits).length > 0;
    return { state: next.state, result: { result: next.result, promoted, isQueueWaiting } };
  });
  if (result.kind !== 'accepted') return result;
  await Promise.all(promoted.map((other) => createRun(context, tool, other)));
  if (isQueueWaiting) await reconcileIfForgotten(context, tool);
  return result;
};

const startedBuild = (result: StartResult, parameters: Required<BuildParameters>): StartedBuild => {
  if (result.kind === 'full') throw full();
  if (result.kind === 'too_large') throw tooLarge();
  if (result.kind === 'key_reused') throw keyReused();
  const { id, commit, resolvedRef = commit, position } = result.record;
  return { id, commit, resolvedRef, position, parameters };
};

/**
 * Makes a new build from a client's parameters. Checks the versions, then resolves the ref and in parallel prepares the
 * tool's project.
 */
const resolveBuild = async (
  context: StartContext,
  tool: string,
  parameters: Required<BuildParameters>,
  key: IdempotencyKey | undefined,
  signal: AbortSignal,
): Promise<NewBuild> => {
  requireVersions(context.runSettings.versions, parameters, context.now());
  const { source_url, ref } = parameters;
  const [{ url, commit, refHash }] = await Promise.all([
    context.source.resolve(source_url, ref || undefined, signal),
    context.prepareRegistry(tool, signal),
  ]);
  const image = pushedImage(context.runSettings.imageHost, tool, parameters.image_name);
  const resolvedRef = refHash === commit ? {} : { resolvedRef: refHash };
  return { id: buildId(tool, key?.key), parameters, sourceUrl: url, commit, ...resolvedRef, image };
};

/**
 * Starts or queues a build. Requests with the same Idempotency-Key start only one build.
 * @param idempotencyKey value of the header Idempotency-Key
 * @throws ApiError 400 about the source or the versions, 409 `quota_exceeded`, 422 `idempotency_key_reused`, 503 about the registry
 */
export const startBuild = async (
  context: StartContext,
  tool: string,
  given: BuildParameters,
  idempotencyKey: string | undefined,
  signal: AbortSignal,
): Promise<StartedBuild> => {
  const parameters = normalizeParameters(tool, given);
  const key = idempotencyKeyOf(idempotencyKey, parameters);
  const known = key && resultForKey((await context.ledger.read(tool, signal)).state, key, context.now());
  if (known) return startedBuild(known, parameters);
  const [build] = await Promise.all([resolveBuild(context, tool, parameters, key, signal), adoptRuns(context, tool)]);
  const result = await accept(context, tool, build, key);
  if (result.kind !== 'full' && result.kind !== 'too_large') return startedBuild(result, parameters);
  // The tool is reconciled before its start is refused: a build may have ended without an event that reached the
  // service, and a reconcile then frees its slot.
  await reconcile(context, tool);
  return startedBuild(await accept(context, tool, build, key), parameters);
};
