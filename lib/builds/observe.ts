import type { ReadKube } from '../kube/client.ts';
import { ifFound } from '../kube/kube-error.ts';
import type { ObservedRun } from '../ledger/diff.ts';
import { toolLabel } from '../ledger/names.ts';
import { toolLabelName, toolOf } from '../tekton/run.ts';
import { endingOf, hasRunEnded, statusOf } from '../tekton/status.ts';
import type { PipelineRun, TaskRun } from '../tekton/types.ts';
import type { ReadContext } from './context.ts';

export type Runs = ReadonlyMap<string, PipelineRun>;

/** The runs of a tool by build id. */
export const listRuns = async (kube: ReadKube, tool: string): Promise<Runs> => {
  const { items } = await kube.list<PipelineRun>('pipelineruns', {
    labelSelector: `${toolLabelName}=${toolLabel(tool)}`,
  });
  return new Map(items.filter((run) => toolOf(run) === tool).map((run) => [run.metadata.name, run]));
};

/** Undefined when there is none of this name. */
export const findRun = (kube: ReadKube, id: string): Promise<PipelineRun | undefined> =>
  ifFound(kube.get<PipelineRun>('pipelineruns', id));

/** Above this a list is cheaper, though the API server looks at the runs of all tools for it. */
const mostFound = 10;

/** These runs of a tool, where they are. */
export const findRuns = async (kube: ReadKube, tool: string, ids: readonly string[]): Promise<Runs> => {
  if (ids.length > mostFound) return listRuns(kube, tool);
  const found = await Promise.all(ids.map((id) => findRun(kube, id)));
  return new Map(found.flatMap((run) => (run ? [[run.metadata.name, run]] : [])));
};

const taskRunOf = async (kube: ReadKube, run: PipelineRun): Promise<TaskRun | undefined> => {
  const child = run.status?.childReferences?.find(({ kind }) => kind === 'TaskRun');
  return child && ifFound(kube.get<TaskRun>('taskruns', child.name));
};

/** @param wanted whether the ending will be used; only then is the TaskRun of a failure read */
export const observe = async (
  { kube, now, failureExcerpt }: Pick<ReadContext, 'kube' | 'now' | 'failureExcerpt'>,
  run: PipelineRun,
  wanted: boolean,
): Promise<ObservedRun> => {
  const failed = wanted && hasRunEnded(run) && statusOf(run) === 'BUILD_FAILURE';
  const ending = endingOf(run, failed ? await taskRunOf(kube, run) : undefined, now(), failureExcerpt);
  return {
    id: run.metadata.name,
    cancelling: run.spec.status !== undefined && run.spec.status !== 'PipelineRunPending',
    deleting: run.metadata.deletionTimestamp !== undefined,
    ...(ending ? { ending } : {}),
  };
};
