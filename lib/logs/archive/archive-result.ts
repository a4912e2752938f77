import type { LogState } from '../../ledger/types.ts';
import { gapReason } from '../pod/log-summary.ts';
import type { LogEnd } from '../types.ts';
import type { ArchiveIndex } from './archive-index.ts';

/** The state of an archive after archiving: `live` when the archive could not be closed yet, else a final state. */
export type ArchiveResult = { state: LogState; reason?: string };

const withReason = (state: LogState, reason: string | undefined): ArchiveResult => ({
  state,
  ...(reason === undefined ? {} : { reason }),
});

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const droppedReason = ({ bytes, dropped }: ArchiveIndex): string =>
  `the log is longer than is kept (${mebibytes(bytes)}): ${dropped.lines} more lines (${mebibytes(dropped.bytes)}) were dropped`;

/** Returns the state that is stored in an index. */
export const storedResult = ({ state, reason }: ArchiveIndex): ArchiveResult => withReason(state, reason);

/**
 * Decides how an archive is closed when its log has ended.
 * @param end of the log as the pod gave it. It counts only where not every shown step was read to its end
 */
export const resultAtEnd = (index: ArchiveIndex, end: LogEnd, allowedSteps: readonly string[]): ArchiveResult => {
  if (index.dropped.lines > 0) return { state: 'truncated', reason: droppedReason(index) };
  const shown = index.steps.filter((step) => allowedSteps.includes(step));
  const isRead = shown.length > 0 && shown.every((step) => index.done.includes(step));
  if (!isRead) return withReason(end.log, end.reason);
  const missing = gapReason(index.notes.flatMap(({ gap, text }) => (gap ? [text] : [])));
  return missing === undefined ? { state: 'complete' } : { state: 'truncated', reason: missing };
};
