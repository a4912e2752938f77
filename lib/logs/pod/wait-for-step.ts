import { retryReads } from '../retry.ts';
import type { LogEvent } from '../types.ts';
import { containerState, hasBegun, type StepPod } from './pod-state.ts';
import type { Reading, StepOutcome } from './reading.ts';

/**
 * Waits for the build's pod. Notes say why the build waits. Tekton makes a deleted pod again, unless the build has
 * ended.
 * @returns undefined if the build will have no pod, or without `follow`
 */
export async function* waitForPod(reading: Reading): AsyncGenerator<LogEvent[], StepPod | undefined> {
  for (;;) {
    const pod = reading.pods.current;
    if (pod || !reading.follow) return pod;
    if (await reading.wait.hasEnded()) {
      await retryReads(reading, () => reading.pods.refresh());
      return reading.pods.current;
    }
    const { notes } = await reading.wait.forStep(false);
    if (notes.length > 0) yield notes;
  }
}

const isNotBegun = ({ pods }: Reading): boolean => pods.current !== undefined && !hasBegun(pods.current);

/**
 * Says whether the steps of an ended build will never begin, though its pod stays. When a run is cancelled at the moment
 * in which its pod is made, Tekton 1.15 forgets the pod, and its entrypoints wait for ever.
 */
const hasForgottenPod = async (reading: Reading): Promise<boolean> => {
  if (!isNotBegun(reading)) return false;
  // The pod is read after the build's end, as Tekton may have let the steps begin just before.
  await retryReads(reading, () => reading.pods.refresh());
  return isNotBegun(reading);
};

/**
 * Waits a while for a step whose container has not ended. If `showsNotes` is true, a note says why the step waits.
 * @returns the step's outcome if the step will not go on, or without `follow`; otherwise undefined
 */
export async function* waitForProgress(
  reading: Reading,
  showsNotes: boolean,
): AsyncGenerator<LogEvent[], StepOutcome | undefined> {
  const hasEnded = await reading.wait.hasEnded();
  if (hasEnded && (await hasForgottenPod(reading))) return 'done';
  if (!reading.follow) return 'open';
  const { notes, isHopeless } = await reading.wait.forStep(hasEnded);
  if (notes.length > 0 && showsNotes) yield notes;
  return isHopeless ? 'done' : undefined;
}

/**
 * Waits until a step's container runs or has run. Notes say why the step waits.
 * @returns the step's outcome if its container never runs
 */
export async function* waitForStart(
  reading: Reading,
  step: string,
): AsyncGenerator<LogEvent[], 'running' | 'terminated' | StepOutcome> {
  for (;;) {
    const pod = yield* waitForPod(reading);
    if (!pod) return 'gone';
    const state = containerState(pod, step);
    if (state === 'never') return 'done';
    if (state !== 'waiting') return state;
    const outcome = yield* waitForProgress(reading, true);
    if (outcome) return outcome;
  }
}
