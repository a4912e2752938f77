import type { ReadKube } from '../kube/client.ts';
import { ifFound } from '../kube/kube-error.ts';
import type { ObservedRun } from '../ledger/diff.ts';
import { toolLabel } from '../ledger/names.ts';
import { toolLabelName, toolOf } from '../tekton/run.ts';
import { endingOf, hasRunEnded, statusOf } from '../tekton/status.ts';
import type { PipelineRun, TaskRun } from '../tekton/types.ts';
import type { ReadContext } from './context.ts';

/** Runs by the id of their build. */
export type Runs = ReadonlyMap<string, PipelineRun>;

/** Lists all runs of a tool. */
export const listRuns = async (kube: ReadKube, tool: string): Promise<Runs> => {
  const { items } = await kube.list<PipelineRun>('pipelineruns', {
    labelSelector: `${toolLabelName}=${toolLabel(tool)}`,
  });
  return new Map(items.filter((run) => toolOf(run) === tool).map((run) => [run.metadata.name, run]));
};

/** Reads the run of one build. Undefined where the build has no run. */
export const findRun = (kube: ReadKube, id: string): Promise<PipelineRun | undefined> =>
  ifFound(kube.get<PipelineRun>('pipelineruns', id));

/**
 * Limit for reading runs one by one. Above it a list is cheaper, though the API server filters the runs of all tools.
 */
const maxSingleReads = 10;

/** Reads the runs of some builds of a tool. A build without a run is missing in the result. */
export const findRuns = async (kube: ReadKube, tool: string, ids: readonly string[]): Promise<Runs> => {
  if (ids.length > maxSingleReads) return listRuns(kube, tool);
  const found = await Promise.all(ids.map((id) => findRun(kube, id)));
  return new Map(found.flatMap((run) => (run ? [[run.metadata.name, run]] : [])));
};

const taskRunOf = async (kube: ReadKube, run: PipelineRun): Promise<TaskRun | undefined> => {
  const child = run.status?.childReferences?.find(({ kind }) => kind === 'TaskRun');
  return child && ifFound(kube.get<TaskRun>('taskruns', child.name));
};

/**
 * Returns what the ledger needs to know about a run.
 * @param needsMessage whether the ending will be used. The TaskRun, which says why a build failed, is only read then.
 */
export const observe = async (
  { kube, now, failureExcerpt }: Pick<ReadContext, 'kube' | 'now' | 'failureExcerpt'>,
  run: PipelineRun,
  needsMessage: boolean,
): Promise<ObservedRun> => {
  const hasFailed = hasRunEnded(run) && statusOf(run) === 'BUILD_FAILURE';
  const taskRun = needsMessage && hasFailed ? await taskRunOf(kube, run) : undefined;
  const ending = endingOf(run, taskRun, now(), failureExcerpt);
  return {
    id: run.metadata.name,
    cancelling: run.spec.status !== undefined && run.spec.status !== 'PipelineRunPending',
    deleting: run.metadata.deletionTimestamp !== undefined,
    ...(ending ? { ending } : {}),
  };
};
