import type { ArchiveLocation } from '../archive/archive-index.ts';
import type { BroadcastEnd } from '../broadcast/broadcasts.ts';
import { parseCursor, parseShownCursor } from '../cursor.ts';
import { readBuildLog } from '../pod/build-log.ts';
import { listPods } from '../pod/pod-watch.ts';
import type { BuildState, LogEvent, LogEvents } from '../types.ts';
import type { ReadOptions } from './read-options.ts';

/**
 * Size of a live reader's first log request, in bytes: more than a reader sees at once, and less than a broadcast reads
 * ahead during its slow start.
 */
const firstRequestBytes = 64 << 10;

/**
 * Requests the build's pods early, while the object store is still read. Live readers don't need an early request,
 * because all live readers of a build share one.
 */
export const requestPods = (options: ReadOptions, { build: { id, log } }: BuildState): ReadOptions => {
  if (options.follow || log !== 'live') return options;
  const podList = listPods({ ...options, id });
  // The error of a failed request for pods is thrown where the list is awaited. Without this handler the error would
  // end the process before.
  podList.catch(() => undefined);
  return { ...options, podList };
};

/**
 * Reads a pod's log after a cursor, in a log stream of its own.
 * @param restart cursor of the last line, at `cursor` or before, after which all masks are at rest. Must not come from a
 * client
 * @throws ApiError 400 `cursor_invalid`
 */
export const readPod = (
  options: ReadOptions,
  { id }: Pick<ArchiveLocation, 'id'>,
  cursor: string | undefined,
  restart: string | undefined,
): LogEvents => {
  const from = cursor === undefined ? undefined : parseShownCursor(cursor, id, options.allowedSteps);
  return readBuildLog({ ...options, from, restart: restart === undefined ? undefined : parseCursor(restart, id) });
};

/** Reads a pod's log after a cursor. Live readers share one log stream. */
export async function* readSharedPod(
  options: ReadOptions,
  location: Pick<ArchiveLocation, 'id'>,
  { podCursor: cursor, podRestart: restart }: { podCursor: string | undefined; podRestart: string | undefined },
): AsyncGenerator<LogEvent[], BroadcastEnd> {
  const { broadcasts, follow, tool, step = '', signal } = options;
  if (broadcasts && follow) {
    const open = (from: string | undefined, upstreamSignal: AbortSignal) =>
      readPod({ ...options, firstRequestBytes, signal: upstreamSignal }, location, from, restart);
    return yield* broadcasts.join({ key: `${tool}/${location.id}/${step}`, cursor, signal, open });
  }
  yield* readPod(options, location, cursor, restart);
  return 'ended';
}
