import { ApiError } from '../errors.ts';
import { ifFound, isAlreadyExists, isInvalidObject } from '../kube/kube-error.ts';
import type { RunChange } from '../ledger/diff.ts';
import { toolLabel } from '../ledger/names.ts';
import { finish } from '../ledger/state.ts';
import { isTakenByOther } from '../tekton/owned.ts';
import { logFinalizer, pipelineRun } from '../tekton/run.ts';
import type { PipelineRun } from '../tekton/types.ts';
import { normalizeFlags, pairFor } from '../tekton/versions.ts';
import { changeLedger } from './change-ledger.ts';
import type { BuildsContext } from './context.ts';
import { noDeprecatedVersions } from './deprecated-versions.ts';
import type { Runs } from './observe.ts';

type CreateRun = Extract<RunChange, { kind: 'create' }>;

/** Marks a build as failed that can never have a run. Otherwise each reconcile would try to create the run again. */
const failBuild = async (context: BuildsContext, tool: string, id: string, why: string): Promise<void> => {
  const now = context.now();
  const ending = {
    status: 'BUILD_FAILURE',
    message: `The build could not be started: ${why}`,
    finishedAt: now.toISOString(),
    log: 'complete',
  } as const;
  await changeLedger(context, tool, ({ state, limits }) => ({
    state: finish(state, id, ending, limits, now),
    result: undefined,
  }));
};

/** Tells whether no run can be made of a build because of a parameter in its record. */
const isWrongParameter = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.code === 'parameter_invalid';

/**
 * Returns why a build can never have a run. Undefined where the refused run exists already, as the run of this build.
 * @throws the error of a refusal after which another attempt may succeed
 */
const reasonOfRefusal = async (
  { kube }: BuildsContext,
  tool: string,
  id: string,
  error: unknown,
): Promise<string | undefined> => {
  if (isAlreadyExists(error))
    return (await isTakenByOther(kube, 'pipelineruns', tool, id)) ? 'Its id is taken. Start another build.' : undefined;
  if (isInvalidObject(error) || isWrongParameter(error)) return error.message;
  throw error;
};

/**
 * Creates the run of a build, or asks finish-build for the run in a function that may not create runs. A run of the
 * build that exists already is no error.
 * @returns whether the build can never have a run: the build has then failed, and its slot goes to the next build
 */
const createRun = async (context: BuildsContext, tool: string, { build, cancelled }: CreateRun): Promise<boolean> => {
  if (context.requestRun) {
    context.requestRun(tool, build.id);
    return false;
  }
  if (!cancelled && !pairFor(context.runSettings.versions, normalizeFlags(build.parameters))) {
    await failBuild(context, tool, build.id, noDeprecatedVersions);
    return true;
  }
  try {
    const run = pipelineRun(build, tool, toolLabel(tool), context.runSettings, cancelled);
    await context.kube.create<PipelineRun>('pipelineruns', run);
    if (!cancelled) context.requestArchiver?.(tool, build.id);
    return false;
  } catch (error) {
    const why = await reasonOfRefusal(context, tool, build.id, error);
    if (why !== undefined) await failBuild(context, tool, build.id, why);
    return why !== undefined;
  }
};

/** Removes the finalizer by which this service keeps a run. */
const unlockRun = async ({ kube }: BuildsContext, id: string, run: PipelineRun | undefined): Promise<void> => {
  const finalizers = (run?.metadata.finalizers ?? []).filter((finalizer) => finalizer !== logFinalizer);
  await ifFound(kube.patch('pipelineruns', id, { metadata: { finalizers } }));
};

/**
 * Deletes the run of a build, then removes the finalizer that kept the run. When the function is killed between the two
 * requests, the next reconcile repeats both.
 */
const releaseRun = async (context: BuildsContext, id: string, run: PipelineRun | undefined): Promise<void> => {
  await ifFound(context.kube.remove('pipelineruns', id));
  await unlockRun(context, id, run);
};

/**
 * Applies one change to the runs of a tool. Applying a change twice does no harm.
 * @returns whether the ledger has changed as well, so that the tool has to be reconciled again
 */
export const applyChange = async (
  context: BuildsContext,
  tool: string,
  runs: Runs,
  change: RunChange,
): Promise<boolean> => {
  if (change.kind === 'create') return createRun(context, tool, change);
  if (change.kind === 'release') await releaseRun(context, change.id, runs.get(change.id));
  else if (change.kind === 'unlock') await unlockRun(context, change.id, runs.get(change.id));
  else await ifFound(context.kube.patch('pipelineruns', change.id, { spec: { status: 'Cancelled' } }));
  return false;
};
