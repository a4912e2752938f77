import { ApiError } from '../../errors.ts';
import type { Cursor } from '../cursor.ts';
import type { LogEvent } from '../types.ts';
import { containerState, type StepPod, stepResult, stepsOf } from './pod-state.ts';
import type { Reading, StepOutcome } from './reading.ts';
import { readStep } from './step-log.ts';
import { waitForPod, waitForProgress } from './wait-for-step.ts';

export type StepSelection = {
  /** Names of the steps whose log may be shown, without `step-`. The log of any other step is never requested. */
  allowedSteps: readonly string[];
  /** Cursor of the line after which reading resumes, from parseShownCursor. Default: the first step's start. */
  from?: Cursor | undefined;
  /**
   * Cursor of the last line, at `from` or before, after which all masks are at rest. Reading begins there, without
   * showing the lines up to `from`. Default: the start of the log of `from`'s step. Must not come from a client.
   */
  restart?: Cursor | undefined;
  /**
   * Number of the lines up to `from`, in its step, that are parts of lines which another part continues. The marks of the
   * log count lines, not parts. Default: 0.
   */
  partsBefore?: number | undefined;
  /** Name of the only step to read. Default: all steps. */
  step?: string | undefined;
};

/** Waits for the end of a step whose log is not shown, and yields one note with the step's result. */
async function* readStepResult(reading: Reading, step: string): AsyncGenerator<LogEvent[], StepOutcome> {
  for (;;) {
    const pod = yield* waitForPod(reading);
    if (!pod) return 'gone';
    const state = containerState(pod, step);
    if (state === 'terminated' || state === 'never') {
      yield [{ type: 'note', text: `step ${step} ${stepResult(pod, step)}`, position: { step, line: 0 } }];
      return 'done';
    }
    const outcome = yield* waitForProgress(reading, state === 'waiting');
    if (outcome) return outcome;
  }
}

const unknownStep = (): ApiError =>
  new ApiError(
    400,
    'cursor_invalid',
    'This build has no step of the name in the cursor. Read from the start without it.',
  );

/**
 * Returns the names of the steps to read, in order.
 * @throws ApiError 400 `cursor_invalid` if the cursor's step is unknown
 */
const selectSteps = (allSteps: readonly string[], { from, step: only }: StepSelection): string[] => {
  const first = from ? allSteps.indexOf(from.step) : 0;
  if (first < 0) throw unknownStep();
  return allSteps.slice(first).filter((step) => only === undefined || only === step);
};

/**
 * Returns the outcome of reading all steps. A deleted pod matters only if one of the remaining steps has a log to show.
 */
const outcomeOf = (outcome: StepOutcome, left: readonly string[], allowedSteps: readonly string[]): StepOutcome =>
  outcome === 'gone' && !left.some((step) => allowedSteps.includes(step)) ? 'done' : outcome;

/** Returns a cursor if it is one of the step. */
const within = (step: string, cursor: Cursor | undefined): Cursor | undefined =>
  cursor?.step === step ? cursor : undefined;

/**
 * Reads the logs of a build's steps one after another, in the order of the pod's containers.
 * @throws ApiError 400 `cursor_invalid`, 503 `log_unavailable`
 */
export async function* readSteps(
  reading: Reading,
  pod: StepPod,
  selection: StepSelection,
): AsyncGenerator<LogEvent[], StepOutcome> {
  const { allowedSteps, from, restart, partsBefore } = selection;
  const allSteps = stepsOf(pod);
  const steps = selectSteps(allSteps, selection);
  yield [{ type: 'plan', steps: allSteps }];
  for (const [index, step] of steps.entries()) {
    const outcome = yield* allowedSteps.includes(step)
      ? readStep(reading, step, { from: within(step, from), restart: within(step, restart), partsBefore })
      : readStepResult(reading, step);
    if (outcome !== 'done') return outcomeOf(outcome, steps.slice(index), allowedSteps);
    yield [{ type: 'done', step }];
  }
  return 'done';
}
