import type { LogState } from '../../ledger/types.ts';
import { gapReason } from '../pod/log-summary.ts';
import type { LogEnd } from '../types.ts';
import type { ArchiveIndex } from './archive-index.ts';

/** Result of archiving a log: `live` when the archive could not be closed yet, else the archive's final state. */
export type ArchiveResult = { state: LogState; reason?: string };

const withReason = (state: LogState, reason: string | undefined): ArchiveResult => ({
  state,
  ...(reason === undefined ? {} : { reason }),
});

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const droppedReason = ({ bytes, dropped }: ArchiveIndex): string =>
  `the log is longer than is kept (${mebibytes(bytes)}): ${dropped.lines} more lines (${mebibytes(dropped.bytes)}) were dropped`;

/** Returns the state that an archive's index contains, and its reason. */
export const storedResult = ({ state, reason }: ArchiveIndex): ArchiveResult => withReason(state, reason);

/**
 * Decides how an archive is closed when the log of its build has ended.
 * @param end the log's end event from the pod. It counts only if a step whose log may be shown was not read to its end
 */
export const resultAtEnd = (index: ArchiveIndex, end: LogEnd, allowedSteps: readonly string[]): ArchiveResult => {
  if (index.dropped.lines > 0) return { state: 'truncated', reason: droppedReason(index) };
  const shown = index.steps.filter((step) => allowedSteps.includes(step));
  const isRead = shown.length > 0 && shown.every((step) => index.done.includes(step));
  if (!isRead) return withReason(end.log, end.reason);
  const missing = gapReason(index.notes);
  return missing === undefined ? { state: 'complete' } : { state: 'truncated', reason: missing };
};
