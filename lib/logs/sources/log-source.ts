import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveIndex, ArchiveLocation } from '../archive/archive-index.ts';
import { cacheOf } from '../archive/cache.ts';
import { parseCursor, parseShownCursor } from '../cursor.ts';
import { type BuildState, hasBuildEnded } from '../types.ts';
import type { ReadOptions } from './read-options.ts';

/** Source of a reader's log: the archive, the pod, or both. */
export type LogSource = {
  options: ReadOptions;
  location: ArchiveLocation;
  /** Index of the archived part of a log. If the pod has the rest, the index ends with the last archived line. */
  index: ArchiveIndex | undefined;
  /** Whether the archive has the whole log. */
  isClosed: boolean;
  /** Whether the object store can't be read at the moment, so that an archived part of the log may be left out. */
  isStoreAway: boolean;
};

type FoundIndex = Pick<LogSource, 'index' | 'isStoreAway'>;

/** Says whether an archive is closed, so that no writer adds lines any more. */
export const isArchiveClosed = (index: ArchiveIndex): boolean => index.state !== 'live';

/** Reads an archive's index. While the pod has the log, a failing or slow object store must not stop a reader. */
const findIndex = async (
  { archiveTimeoutMs = 3000 }: ReadOptions,
  location: ArchiveLocation,
  { build }: BuildState,
): Promise<FoundIndex> => {
  const read = async (): Promise<FoundIndex> => ({
    index: await cacheOf(location.store).index(location),
    isStoreAway: false,
  });
  if (build.log !== 'live') return read();
  const away: FoundIndex = { index: undefined, isStoreAway: true };
  return Promise.race([read().catch(() => away), sleep(archiveTimeoutMs, away, { ref: false })]);
};

/**
 * Cuts an archive's index after its last line. The notes after that line come from the pod again and must not be shown
 * twice.
 * @returns undefined if the archive has no line
 */
const cutAfterLastLine = (index: ArchiveIndex, id: string): ArchiveIndex | undefined => {
  if (index.kept === undefined) return undefined;
  const { step, line } = parseCursor(index.kept, id);
  const notes = index.notes.filter((note) => note.step !== step || note.line <= line);
  return { ...index, steps: index.steps.slice(0, index.steps.indexOf(step) + 1), notes };
};

/**
 * Finds the source of a build's log: the archive, the pod, or both.
 * @throws ApiError 400 `cursor_invalid`, 503 `log_unavailable`
 */
export const findSource = async (options: ReadOptions, state: BuildState): Promise<LogSource> => {
  const location = { store: options.store, tool: options.tool, id: state.build.id };
  if (options.cursor !== undefined) parseShownCursor(options.cursor, location.id, options.allowedSteps);
  const { index, isStoreAway } = await findIndex(options, location, state);
  const isClosed = index !== undefined && isArchiveClosed(index) && hasBuildEnded(state.build);
  return {
    options,
    location,
    isClosed,
    isStoreAway,
    index: index && (isClosed ? index : cutAfterLastLine(index, location.id)),
  };
};
