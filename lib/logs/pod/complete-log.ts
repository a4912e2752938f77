import { isTemporary } from '../retry.ts';
import type { LogEvent } from '../types.ts';
import type { RawLine } from './line-splitter.ts';
import type { Reading } from './reading.ts';
import type { StepProgress } from './step-progress.ts';
import { isRefusal, readNewestLine } from './step-stream.ts';
import type { StreamEnd } from './stream-end.ts';

/** Requests the newest line of a step's log from the kubelet. @returns 'unknown' if the kubelet can't respond now */
const newestLine = async (reading: Reading, step: string): Promise<RawLine | undefined | 'unknown'> => {
  try {
    return await readNewestLine(reading, step);
  } catch (error) {
    reading.signal.throwIfAborted();
    if (isRefusal(error) || isTemporary(error)) return 'unknown';
    throw error;
  }
};

/**
 * Says whether the log of a container that has ended was read to its end. A clean end of the log stream does not prove
 * that: the API server ends its response cleanly when the kubelet goes away. So the stream's last line is compared with
 * the kubelet's newest line. If the two lines differ again after a second stream that brought no more lines, the
 * kubelet's newest line is a part of a line (CRI tag P), and the log was read to its end. If a log was rotated after
 * its last line, the kubelet has no newest line, and the rotation detector decides.
 */
const isReadToEnd = async (reading: Reading, step: string, progress: StepProgress, last: RawLine | undefined) => {
  if (progress.wasCompared(last)) return true;
  const newest = await newestLine(reading, step);
  if (newest === 'unknown') {
    progress.forgetComparison();
    return false;
  }
  const isSame = progress.compare(last, newest);
  const isRotatedAfterEnd = newest === undefined && reading.follow && !progress.detector.isExpectingLines;
  return isSame || isRotatedAfterEnd;
};

/**
 * Finishes a step's log if its stream has brought all lines. The last mark of the log proves that.
 * @returns the last events, including the text after the last line feed as a line; undefined if lines may be left to
 * read
 */
export const completeLog = async (
  reading: Reading,
  step: string,
  progress: StepProgress,
  { end, hasStepEnded, hasReachedStart, lines }: StreamEnd,
): Promise<LogEvent[] | undefined> => {
  if (end !== 'clean' || !hasStepEnded || !hasReachedStart) return undefined;
  const rest = lines.finish();
  const isEnd = lines.hasEndMark || (await isReadToEnd(reading, step, progress, lines.lastRaw));
  return isEnd ? [...rest, ...lines.conclude()] : undefined;
};
