import type {
  ChildReference,
  PipelineRun,
  PipelineRunStatus,
  PipelineSpec,
  RunResult,
} from '../kubernetes/tekton-types.ts';
import { seconds } from '../kubernetes/time.ts';
import type { Condition } from '../kubernetes/types.ts';
import { conditionsWith } from './conditions.ts';
import type { TaskState } from './pipeline-tasks.ts';
import { tally, taskResultVariables } from './pipeline-tasks.ts';
import { provenance } from './provenance.ts';
import { substitute } from './substitute.ts';

/** The condition Succeeded of a PipelineRun, before it is written into the run's status. */
export type RunCondition = { status: Condition['status']; reason: string; message: string; skipped?: string[] };

const stoppingReasons: Record<string, string> = {
  CancelledRunFinally: 'CancelledRunningFinally',
  StoppedRunFinally: 'StoppedRunningFinally',
};

/** Returns the condition Succeeded of a PipelineRun, computed from its TaskRuns. */
export const judge = (run: PipelineRun, states: readonly TaskState[]): RunCondition => {
  const { total, done, failed, cancelled } = tally(states);
  const stopping = stoppingReasons[run.spec.status ?? ''];
  const begun = states.filter((state) => state.run !== undefined).length;
  const noMore = failed + cancelled > 0 || stopping !== undefined;
  const skipped = noMore ? total - begun : 0;
  const counts = `Tasks Completed: ${done} (Failed: ${failed}, Cancelled ${cancelled})`;
  if (done + skipped < total) {
    const message = `${counts}, Incomplete: ${total - done - skipped}, Skipped: ${skipped}`;
    return { status: 'Unknown', reason: stopping ?? 'Running', message };
  }
  const names = states.filter((state) => state.run === undefined).map(({ task }) => task.name);
  return { ...ending(failed, cancelled, skipped, stopping), message: `${counts}, Skipped: ${skipped}`, skipped: names };
};

const ending = (
  failed: number,
  cancelled: number,
  skipped: number,
  stopping: string | undefined,
): Omit<RunCondition, 'message'> => {
  if (cancelled > 0 || (stopping !== undefined && skipped + failed > 0))
    return { status: 'False', reason: 'Cancelled' };
  if (failed > 0) return { status: 'False', reason: 'Failed' };
  return { status: 'True', reason: 'Succeeded' };
};

/**
 * Returns the status of a PipelineRun that has a given condition, with the fields in Tekton's order. The completion
 * time, the skipped tasks and the results are set only at the end of the run.
 */
export const statusAfter = (
  run: PipelineRun,
  verdict: RunCondition,
  spec: PipelineSpec | undefined,
  states: readonly TaskState[],
  now: number,
): PipelineRunStatus => {
  const before = run.status ?? {};
  const children = states.flatMap(({ task, run: child }) => (child ? [reference(child.metadata.name, task.name)] : []));
  const kept = spec ?? before.pipelineSpec;
  const results = verdict.status === 'True' ? resultsOf(kept, states) : [];
  const skipped = verdict.skipped?.map((name) => ({ name, reason: skipReason(run) })) ?? [];
  return {
    conditions: conditionsWith(run, verdict.status, verdict.reason, verdict.message, now),
    startTime: before.startTime ?? seconds(now),
    ...(verdict.status === 'Unknown' ? {} : { completionTime: seconds(now) }),
    ...(kept ? { pipelineSpec: kept } : {}),
    ...(children.length > 0 ? { childReferences: children } : {}),
    ...(skipped.length > 0 ? { skippedTasks: skipped } : {}),
    ...(results.length > 0 ? { results } : {}),
    provenance,
  };
};

const skipReason = ({ spec }: PipelineRun): string =>
  stoppingReasons[spec.status ?? ''] ? 'PipelineRun was gracefully stopped' : 'PipelineRun was stopping';

const reference = (name: string, pipelineTaskName: string): ChildReference => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  name,
  pipelineTaskName,
});

/** Returns those results of a pipeline for which all results of tasks exist. */
const resultsOf = (spec: PipelineSpec | undefined, states: readonly TaskState[]): RunResult[] => {
  const variables = taskResultVariables(states);
  return (spec?.results ?? []).flatMap(({ name, value }) => {
    const text = substitute(value, variables);
    return text.includes('$(tasks.') ? [] : [{ name, value: text }];
  });
};
