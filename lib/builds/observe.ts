import type { ReadKube } from '../kube/client.ts';
import type { ObservedRun } from '../ledger/diff.ts';
import { toolLabel } from '../ledger/names.ts';
import type { LedgerState } from '../ledger/types.ts';
import { buildsApiBuild } from '../tekton/builds-api-run.ts';
import { belongsTo, findOwned } from '../tekton/owned.ts';
import { logFinalizer, toolLabelName } from '../tekton/run.ts';
import { endingOf, hasRunEnded, statusOf } from '../tekton/status.ts';
import { buildsApiToolOf, toolOf } from '../tekton/tool-of.ts';
import type { PipelineRun, TaskRun } from '../tekton/types.ts';
import type { BuildsContext, ReadContext } from './context.ts';

/** Runs of a tool's builds, by the id of the build. */
export type Runs = ReadonlyMap<string, PipelineRun>;

/** Tells whether builds-api made a run. */
const isOfBuildsApi = (run: PipelineRun): boolean => buildsApiToolOf(run) !== undefined;

/**
 * Tells whether builds-api made a run whose build the ledger does not know.
 * @param known the ids that `knownIds` returns for the ledger
 */
export const isUnadopted = (run: PipelineRun, known: ReadonlySet<string>): boolean =>
  isOfBuildsApi(run) && !known.has(run.metadata.name);

/** Lists all runs of a tool. */
export const listRuns = async (kube: ReadKube, tool: string): Promise<Runs> => {
  const { items } = await kube.list<PipelineRun>('pipelineruns', {
    labelSelector: `${toolLabelName}=${toolLabel(tool)}`,
  });
  return new Map(items.filter((run) => belongsTo(run, tool)).map((run) => [run.metadata.name, run]));
};

/** Reads the run of one build of a tool. Undefined where the build has no run. */
export const findRun = (kube: ReadKube, tool: string, id: string): Promise<PipelineRun | undefined> =>
  findOwned<PipelineRun>(kube, 'pipelineruns', tool, id);

/**
 * Reads the ledger of a tool, and tells whether the ledger is behind the end of one build's run: the run has ended, or
 * the run of an adopted build was deleted, but the build still runs in the ledger.
 */
export const readLedgerOf = async (
  { kube, ledger }: Pick<BuildsContext, 'kube' | 'ledger'>,
  tool: string,
  id: string,
): Promise<{ state: LedgerState; isBehind: boolean }> => {
  const { state } = await ledger.read(tool);
  const build = state.running.find((running) => running.id === id);
  const run = build && (await findRun(kube, tool, id));
  return { state, isBehind: run ? hasRunEnded(run) : build?.adopted === true };
};

/**
 * Largest number of runs that are read one by one. For more runs one list is cheaper, although the API server then
 * filters the runs of all tools.
 */
const maxSingleReads = 10;

/**
 * Reads the runs of some builds of a tool. The result lacks builds that have no run, and may hold other runs of the
 * tool.
 */
export const findRuns = async (kube: ReadKube, tool: string, ids: readonly string[]): Promise<Runs> => {
  if (ids.length > maxSingleReads) return listRuns(kube, tool);
  const found = await Promise.all(ids.map((id) => findRun(kube, tool, id)));
  return new Map(found.flatMap((run) => (run ? [[run.metadata.name, run]] : [])));
};

const taskRunOf = async (kube: ReadKube, run: PipelineRun): Promise<TaskRun | undefined> => {
  const child = run.status?.childReferences?.find(({ kind }) => kind === 'TaskRun');
  const tool = toolOf(run);
  return child && tool !== undefined ? findOwned<TaskRun>(kube, 'taskruns', tool, child.name) : undefined;
};

/** Returns the facts about a run that do not depend on the end of the run. */
const stateOf = (run: PipelineRun): Pick<ObservedRun, 'cancelling' | 'deleting' | 'isLocked'> => ({
  cancelling: run.spec.status !== undefined && run.spec.status !== 'PipelineRunPending',
  deleting: run.metadata.deletionTimestamp !== undefined,
  isLocked: run.metadata.finalizers?.includes(logFinalizer) ?? false,
});

const ofBuildsApi = (run: PipelineRun, at: Date): Pick<ObservedRun, 'build'> =>
  isOfBuildsApi(run) ? { build: buildsApiBuild(run, at) } : {};

/** Returns the facts about a run as `observe` does, with another message and time of the run's end. Reads nothing. */
export const observeListed = (run: PipelineRun, at: Date): ObservedRun => ({
  id: run.metadata.name,
  ...stateOf(run),
  ...(hasRunEnded(run) ? { ending: { status: statusOf(run), message: '', finishedAt: at.toISOString() } } : {}),
  ...ofBuildsApi(run, at),
});

/**
 * Returns the facts about a run that a reconcile compares with the ledger.
 * @param needsMessage whether the caller uses the message about the end of the run. Only then the TaskRun is read,
 * which says why a build failed.
 */
export const observe = async (
  { kube, now, failureExcerpt }: Pick<ReadContext, 'kube' | 'now' | 'failureExcerpt'>,
  run: PipelineRun,
  needsMessage: boolean,
): Promise<ObservedRun> => {
  const hasFailed = hasRunEnded(run) && statusOf(run) === 'BUILD_FAILURE';
  const taskRun = needsMessage && hasFailed ? await taskRunOf(kube, run) : undefined;
  const at = now();
  const ending = endingOf(run, taskRun, at, failureExcerpt);
  return {
    id: run.metadata.name,
    ...stateOf(run),
    ...(ending ? { ending } : {}),
    ...ofBuildsApi(run, at),
  };
};

/**
 * Returns what a reconcile compares with the ledger for an adopted build whose run was deleted. Nobody creates that run
 * again, so the build has ended.
 */
export const deletedRun = (id: string, now: Date): ObservedRun => ({
  id,
  cancelling: true,
  deleting: true,
  isLocked: false,
  ending: {
    status: 'BUILD_CANCELLED',
    message: 'The run of this build was deleted.',
    finishedAt: now.toISOString(),
  },
});
