import { retryReads } from '../retry.ts';
import type { LogEvent } from '../types.ts';
import { containerState, type StepPod } from './pod-state.ts';
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
    const { notes } = await reading.wait.forStep();
    if (notes.length > 0) yield notes;
  }
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
    if (!reading.follow) return 'open';
    const { notes, isHopeless } = await reading.wait.forStep();
    if (notes.length > 0) yield notes;
    if (isHopeless) return 'done';
  }
}
