import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs, retryReads } from '../retry.ts';
import type { LogEvent } from '../types.ts';
import { completeLog } from './complete-log.ts';
import { startNewestLineLookup } from './newest-line-lookup.ts';
import { containerState } from './pod-state.ts';
import type { Reading, StepOutcome } from './reading.ts';
import { StepLines } from './step-lines.ts';
import { StepProgress, type StepStart } from './step-progress.ts';
import { openStepStream, type StreamOptions } from './step-stream.ts';
import { endedBy, type HowEnded, hasLostCursor, isLogRemoved, type StreamEnd } from './stream-end.ts';
import { waitForStart } from './wait-for-step.ts';

/**
 * Reads one stream of a step's log to its end. While a stream of a large log is followed, the log's newest line is
 * looked up.
 */
async function* readStream(
  reading: Reading,
  step: string,
  progress: StepProgress,
  lines: StepLines,
  { follow, limitBytes }: StreamOptions,
): AsyncGenerator<LogEvent[], HowEnded> {
  const { detector, restart: from } = progress;
  let stopLookup: (() => void) | undefined;
  let bytesLeft = limitBytes ?? Number.POSITIVE_INFINITY;
  try {
    // `for await` closes the log stream when its loop is left, also by an error or by a reader that goes away.
    for await (const bytes of await openStepStream(reading, step, { follow, limitBytes, from })) {
      progress.countBytes(bytes.length);
      bytesLeft -= bytes.length;
      if (follow && progress.bytes >= reading.rotationCheck.fromBytes)
        stopLookup ??= startNewestLineLookup(reading, step, detector, () => lines.lastRaw);
      const events = lines.push(bytes);
      if (events.length > 0) yield events;
      if (lines.hasMissedCursor) break;
    }
    return { end: bytesLeft > 0 ? 'clean' : 'limited' };
  } catch (error) {
    return endedBy(error, reading.signal);
  } finally {
    stopLookup?.();
  }
}

type Conclusion = { events?: LogEvent[]; outcome?: StepOutcome };

/** Decides after a stream's end whether the step's log is finished. Without an outcome another stream must follow. */
const conclude = async (
  reading: Reading,
  step: string,
  progress: StepProgress,
  ended: HowEnded & Pick<StreamEnd, 'lines' | 'follow'>,
): Promise<Conclusion> => {
  // The state before `completeLog`, which takes an unfinished text for a line.
  const { position, restart } = ended.lines;
  await retryReads(reading, () => reading.pods.refresh());
  const pod = reading.pods.current;
  if (!pod) {
    // The rest of the deleted pod's log is lost. Tekton may make another pod, whose steps begin anew.
    progress.resumeAt({ position, restart });
    return reading.follow ? {} : { outcome: 'gone' };
  }
  const hasStepEnded = containerState(pod, step) === 'terminated';
  const hasReachedStart = ended.lines.hasReachedStart || progress.cursorLost !== undefined;
  const stream: StreamEnd = { ...ended, hasStepEnded, hasReachedStart };
  if (isLogRemoved(stream, progress.failures)) return { outcome: 'gone' };
  const events = await completeLog(reading, step, progress, stream);
  if (events) return { events, outcome: 'done' };
  if (stream.end === 'clean' && !hasStepEnded && !reading.follow) return { outcome: 'open' };
  if (progress.from && hasLostCursor(stream)) progress.noteRotation();
  else progress.advance({ position, restart }, stream);
  return {};
};

const createStepLines = (reading: Reading, step: string, progress: StepProgress): StepLines => {
  const { tag, findSecrets, secrets, showsStates } = reading;
  const { from, restart, cursorLost, detector, hasFollowedToEnd, marks } = progress;
  return new StepLines({
    tag,
    step,
    findSecrets,
    from,
    restart,
    cursorLost,
    detector,
    trustsDetector: hasFollowedToEnd,
    marks,
    secrets,
    showsStates,
  });
};

/**
 * Reads one step's log from a cursor to its end; without `follow`, as far as the step has printed. If a stream breaks,
 * another stream resumes after the last line, so that no line is lost or doubled.
 *
 * @param start cursor after which the reading begins
 * @throws ApiError 503 `log_unavailable` after too many failures in a row
 */
export async function* readStep(
  reading: Reading,
  step: string,
  start: StepStart,
): AsyncGenerator<LogEvent[], StepOutcome> {
  const progress = new StepProgress(start);
  for (;;) {
    const state = yield* waitForStart(reading, step);
    if (state !== 'running' && state !== 'terminated') return state;
    reading.state.noteRun();
    progress.notePod(reading.pods.current, step);
    const lines = createStepLines(reading, step, progress);
    const follow = reading.follow && state === 'running';
    const firstRequestBytes = reading.state.takeFirstRequestBytes();
    const limitBytes = follow || progress.from ? undefined : firstRequestBytes;
    const ended = yield* readStream(reading, step, progress, lines, { follow, limitBytes });
    if (ended.end === 'limited') {
      progress.resumeAt(lines);
      continue;
    }
    const { events = [], outcome } = await conclude(reading, step, progress, { ...ended, lines, follow });
    if (events.length > 0) yield events;
    if (outcome) return outcome;
    await sleep(backoffMs(reading.retryMs, progress.failures), undefined, { signal: reading.signal });
  }
}
