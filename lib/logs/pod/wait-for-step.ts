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

/**
 * Says whether a build has ended and its steps will never begin, though its pod stays. When a run is cancelled at the
 * moment in which its pod is made, Tekton 1.15 forgets the pod, and its entrypoints wait for ever.
 *
 * @param hasEnded whether the build has ended
 */
export const hasForgottenPod = async (reading: Reading, hasEnded: boolean): Promise<boolean> => {
  if (!hasEnded) return false;
  // The pod is read after the build's end, as Tekton may have let the steps begin just before.
  await retryReads(reading, () => reading.pods.refresh());
  const pod = reading.pods.current;
  return pod !== undefined && !hasBegun(pod);
};

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
    const hasEnded = await reading.wait.hasEnded();
    if (await hasForgottenPod(reading, hasEnded)) return 'done';
    if (!reading.follow) return 'open';
    const { notes, isHopeless } = await reading.wait.forStep(hasEnded);
    if (notes.length > 0) yield notes;
    if (isHopeless) return 'done';
  }
}
