import { isTemporary } from '../retry.ts';
import type { StepLines } from './step-lines.ts';
import { isRefusal } from './step-stream.ts';

/**
 * The way in which a stream of a step's log ended. `clean`: without an error, which does not prove that the log was
 * read to its end. `broken`: by an error that a retry may help. `refused`: the kubelet has no log to read now.
 * `limited`: after as many bytes as were requested.
 */
export type HowEnded = { end: 'clean' | 'broken' | 'refused' | 'limited'; error?: unknown };

/** A stream of a step's log that has ended, and the state of the step's container at that time. */
export type StreamEnd = HowEnded & {
  lines: StepLines;
  follow: boolean;
  hasStepEnded: boolean;
  /** Whether the stream came to the line after which the reader resumes. Also true if that line is known to be lost. */
  hasReachedStart: boolean;
};

/**
 * Returns the way in which an error ended a log stream.
 * @throws the error if a retry can't help; the signal's reason
 */
export const endedBy = (error: unknown, signal: AbortSignal): HowEnded => {
  signal.throwIfAborted();
  if (isRefusal(error)) return { end: 'refused', error };
  if (!isTemporary(error)) throw error;
  return { end: 'broken', error };
};

/** Says whether the line after which reading resumes is no longer in the log. */
export const hasLostCursor = ({ end, hasStepEnded, hasReachedStart, lines }: StreamEnd): boolean =>
  end === 'clean' && !hasReachedStart && (hasStepEnded || lines.hasMissedCursor);

/**
 * Says whether the kubelet has removed the log of a container that has ended.
 * @param failures number of failed streams in a row
 */
export const isLogRemoved = ({ end, hasStepEnded, lines }: StreamEnd, failures: number): boolean =>
  hasStepEnded && (lines.isUnavailable || (end === 'refused' && failures >= 3));
