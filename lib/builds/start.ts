import type { BuildParameters } from '../../openapi/generated/types.ts';
import { fairShares } from '../capacity/state.ts';
import { ApiError } from '../errors.ts';
import { resultForKey } from '../ledger/idempotency.ts';
import { buildId, hashOf } from '../ledger/names.ts';
import { promotableBuilds, start } from '../ledger/state.ts';
import type { BuildRecord, IdempotencyKey, NewBuild, StartResult } from '../ledger/types.ts';
import type { Source } from '../source/source.ts';
import { applyChange } from './apply.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { normalizeParameters } from './present.ts';
import { reconcile } from './reconcile.ts';

export type StartContext = BuildsContext & {
  source: Source;
  image: (tool: string, name: string) => string;
  /** Asked for a new build only, while its source is resolved. @throws ApiError when it may not start */
  mayStart: () => Promise<void>;
};

export type StartedBuild = {
  id: string;
  commit: string;
  /** 0 when it runs. */
  position: number;
  parameters: Required<BuildParameters>;
};

const queueFullSeconds = 30;

const full = (): ApiError =>
  new ApiError(
    429,
    'quota_exceeded',
    'As many builds run and wait as this tool may have. Wait for one to finish, or cancel one.',
    {
      retryAfter: queueFullSeconds,
    },
  );

const tooLarge = (): ApiError =>
  new ApiError(
    429,
    'quota_exceeded',
    'The envvars of the builds that run and wait take up all the room there is for them. Wait for a build to finish, cancel one, or pass less.',
    { retryAfter: queueFullSeconds },
  );

const reused = (): ApiError =>
  new ApiError(
    422,
    'idempotency_key_reused',
    'This Idempotency-Key was used with another request. Use a new key for a new build.',
  );

/** The request's hash must not depend on the order in which a client writes its fields. */
const requestHash = (parameters: Required<BuildParameters>): string => {
  const envvars = Object.entries(parameters.envvars).sort(([a], [b]) => (a < b ? -1 : 1));
  return hashOf(
    JSON.stringify([
      parameters.source_url,
      parameters.ref,
      envvars,
      parameters.image_name,
      parameters.use_latest_versions,
      parameters.use_deprecated_versions,
    ]),
  );
};

/**
 * The slot is taken before the run is created. From the moment the ledger holds the entry the build is accepted: a run
 * that can't be created now is created by the next reconcile.
 */
const accept = async (
  context: StartContext,
  tool: string,
  entry: NewBuild,
  key: IdempotencyKey | undefined,
): Promise<StartResult> => {
  const { outcome, slots, waits } = await changeLedger(context, tool, ({ state, limits }) => {
    const changed = start(state, entry, key, limits, context.now());
    const had = new Set(state.running.map(({ id }) => id));
    // A limit that was raised lets others in as well.
    const slots = changed.state.running.filter(({ id }) => id === entry.id || !had.has(id));
    const waits = promotableBuilds(changed.state, limits).length > 0;
    return { state: changed.state, result: { outcome: changed.result, slots, waits } };
  });
  if (outcome.kind === 'accepted') await Promise.all(slots.map((slot) => createRun(context, tool, slot)));
  if (outcome.kind === 'accepted' && waits) await wakeOthers(context, tool);
  return outcome;
};

/** A free slot that nobody takes, or a tool that nobody knows to wait: whoever should have seen to it was killed. */
const wakeOthers = async (context: StartContext, tool: string): Promise<void> => {
  const { capacity, log } = context;
  if (capacity.slots === undefined) return;
  try {
    const seen = await capacity.read();
    const isKnown = seen.waiting.some((waiting) => waiting.tool === tool);
    if (!isKnown || fairShares(seen, capacity.slots).size > 0) await reconcile(context, tool);
  } catch (error) {
    log('WARNING', 'a build that waits is looked after by the next sweep', { tool, error });
  }
};

const createRun = async (context: StartContext, tool: string, entry: BuildRecord): Promise<void> => {
  try {
    const refused = await applyChange(context, tool, new Map(), { kind: 'create', build: entry, cancelled: false });
    if (refused) await reconcile(context, tool);
  } catch (error) {
    context.log('WARNING', 'an accepted build has no run yet; it will be created', { tool, id: entry.id, error });
  }
};

const answer = (outcome: StartResult, parameters: Required<BuildParameters>): StartedBuild => {
  if (outcome.kind === 'full') throw full();
  if (outcome.kind === 'too_large') throw tooLarge();
  if (outcome.kind === 'key_reused') throw reused();
  const { id, commit, position } = outcome.record;
  return { id, commit, position, parameters };
};

/**
 * Starts or queues a build.
 * @param idempotencyKey as the client sent it
 * @throws ApiError 400 about the source, 409 `storage_full`, 422 `idempotency_key_reused`, 429 `quota_exceeded`
 */
export const startBuild = async (
  context: StartContext,
  tool: string,
  given: BuildParameters,
  idempotencyKey: string | undefined,
  signal: AbortSignal,
): Promise<StartedBuild> => {
  const parameters = normalizeParameters(tool, given);
  const key =
    idempotencyKey === undefined ? undefined : { key: hashOf(idempotencyKey), request: requestHash(parameters) };
  const known = key && resultForKey((await context.ledger.read(tool, signal)).state, key, context.now());
  if (known) return answer(known, parameters);
  const [{ url, commit }] = await Promise.all([
    context.source.resolve(parameters.source_url, parameters.ref || undefined, signal),
    context.mayStart(),
  ]);
  const entry = {
    id: buildId(tool, key?.key),
    parameters,
    sourceUrl: url,
    commit,
    image: `${context.image(tool, parameters.image_name)}:latest`,
  };
  const outcome = await accept(context, tool, entry, key);
  if (outcome.kind !== 'full' && outcome.kind !== 'too_large') return answer(outcome, parameters);
  // Slots whose end was missed must not keep a tool from starting.
  await reconcile(context, tool);
  return answer(await accept(context, tool, entry, key), parameters);
};
