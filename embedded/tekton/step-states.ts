import type { RunResult, StepState, TaskRun, TaskSpec } from '../kubernetes/tekton-types.ts';
import { seconds } from '../kubernetes/time.ts';
import type { Pod, Terminated } from '../kubernetes/types.ts';
import { substitute } from './substitute.ts';
import { decodeMessage, internalType, stepResultType, taskResultType, valuesOf } from './termination.ts';

/** Returns status.steps of a TaskRun, computed from the containers of its pod. */
export const stepStates = ({ status }: Pod): StepState[] =>
  (status?.containerStatuses ?? []).map(({ name, state, imageID }) => ({
    ...(state.terminated ? endOf(state.terminated) : state),
    name: name.replace(/^step-/, ''),
    container: name,
    ...(imageID ? { imageID } : {}),
    provenance: {},
  }));

/**
 * Returns the state of an ended container as Tekton shows it in status.steps: the results and the reason in the
 * termination message become fields of their own.
 */
const endOf = (terminated: Terminated): Pick<StepState, 'terminated' | 'results' | 'terminationReason'> => {
  const { message, ...rest } = terminated;
  const said = decodeMessage(message);
  const results = [...valuesOf(said, stepResultType)].map(
    ([name, value]): RunResult => ({ name, type: 'string', value }),
  );
  const inner = valuesOf(said, internalType).get('Reason');
  return {
    terminated: said.length === 0 && message !== undefined ? terminated : rest,
    ...(results.length > 0 ? { results } : {}),
    terminationReason: inner ?? terminated.reason,
  };
};

/**
 * Returns status.steps of a TaskRun that was cancelled or timed out. Running and waiting steps are shown as terminated.
 */
export const endedSteps = (run: TaskRun, pod: Pod | undefined, reason: string, now: number): StepState[] => {
  const steps = pod ? stepStates(pod) : (run.status?.steps ?? []);
  const message = (name: string) => `Step ${name} terminated as pod ${run.status?.podName} is terminated`;
  return steps.map(({ running, waiting, ...step }) => {
    if (!running && !waiting) return step;
    const started = running ? { startedAt: running.startedAt } : {};
    const terminated = { exitCode: 1, reason, message: message(step.name), ...started, finishedAt: seconds(now) };
    return { terminated, ...step };
  });
};

/** Returns the results of a task, from the step results that the task names or from the files that its steps wrote. */
export const taskResults = (spec: TaskSpec, pod: Pod): RunResult[] => {
  const ends = (pod.status?.containerStatuses ?? []).map(({ name, state }) => ({
    step: name.replace(/^step-/, ''),
    said: decodeMessage(state.terminated?.message),
  }));
  const written = new Map(ends.flatMap(({ said }) => [...valuesOf(said, taskResultType)]));
  const variables = new Map(
    ends.flatMap(({ step, said }) =>
      [...valuesOf(said, stepResultType)].map(([name, value]): [string, string] => [
        `steps.${step}.results.${name}`,
        value,
      ]),
    ),
  );
  return (spec.results ?? []).flatMap(({ name, type = 'string', value }) => {
    const found = value === undefined ? written.get(name) : substitute(value, variables);
    return found === undefined || found.includes('$(steps.') ? [] : [{ name, type, value: found }];
  });
};
