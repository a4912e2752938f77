import { isTemporary } from '../retry.ts';
import type { LogEvent } from '../types.ts';
import type { RawLine } from './line-splitter.ts';
import type { Reading } from './reading.ts';
import type { StepProgress } from './step-progress.ts';
import { isRefusal, readNewestLine } from './step-stream.ts';
import type { StreamEnd } from './stream-end.ts';

/** Asks the kubelet for the newest line of a step's log. @returns 'unknown' if the kubelet can't answer now */
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
 * Whether the log of a container that has ended was read to its end. A clean end of the stream does not prove that: the
 * API server ends its response cleanly when the kubelet goes away. So the stream's last line is compared with the
 * newest line that the kubelet has. If they differ again after a second stream that found nothing more, the kubelet's
 * newest line is a part of a line (CRI tag P), and the log was read to its end. A log that was rotated after its last
 * line has no newest line; then the rotation detector decides.
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
 * Finishes a step's log if its stream has brought all lines.
 * @returns the last events, as the text after the last line feed is a line, too; undefined if lines may be left to read
 */
export const completeLog = async (
  reading: Reading,
  step: string,
  progress: StepProgress,
  { end, hasStepEnded, hasReachedStart, lines }: StreamEnd,
): Promise<LogEvent[] | undefined> => {
  if (end !== 'clean' || !hasStepEnded || !hasReachedStart) return undefined;
  const rest = lines.finish();
  return (await isReadToEnd(reading, step, progress, lines.lastRaw)) ? [...rest, ...lines.gapAtEnd()] : undefined;
};
