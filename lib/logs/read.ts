/**
 * Reads a build's log from its archive, from its pod, or from both. A log passes through these stages, in this order:
 *
 *   find        what is archived, and where reading begins        sources/log-source.ts, sources/start-point.ts
 *   archive     the archived part, or all of a closed archive     sources/archived-log.ts, archive/reader.ts
 *   pod         the rest, from the build's pod:                   sources/pod-part.ts
 *     request     one stream a step, resumed where it breaks      pod/step-log.ts, pod/step-stream.ts
 *     read ahead  into memory and a file                          pod/spool.ts
 *     join        lines that marks have split                     pod/raw-lines.ts, pod/continued-lines.ts
 *     split       bytes into lines                                pod/line-splitter.ts
 *     overwrite   all but the last state of a progress bar        pod/line-splitter.ts
 *     detect      lines that the kubelet discarded                pod/rotation-detector.ts
 *     check       the number of lines in the last mark            pod/step-marks.ts
 *     escape      control characters                              masking/control-characters.ts
 *     mask keys   private keys of several lines                   masking/pem.ts
 *     add cursor  and number                                      pod/line-numbering.ts
 *     mask        secrets                                         masking/line-mask.ts, masking/unfinished-line.ts
 *     join        steps, results of hidden steps, the end         pod/build-steps.ts, pod/build-log.ts
 *     broadcast   one stream for all live readers of a build      broadcast/broadcasts.ts
 *     drop        lines before the tail                           query/tail.ts
 *     complete    from the archive, if the pod is gone            sources/pod-part.ts
 *   resume      after the last line, if a broadcast went on       read.ts
 *   select      lines by grep, since, from_line and lines         query/select.ts
 *
 * A log's events become a response in response/write-log.ts: encode (response/encode.ts), then compress
 * (response/compress.ts). The stages from join to mask are method calls for each line, in pod/step-lines.ts; all other
 * stages are generators of batches.
 */
import type { BroadcastEnd } from './broadcast/broadcasts.ts';
import { parseShownCursor } from './cursor.ts';
import { mapBatches } from './query/map-batches.ts';
import { isSelective, selectLines } from './query/select.ts';
import { type PodPart, readArchivedPart, readClosedArchive } from './sources/archived-log.ts';
import { findSource, type LogSource } from './sources/log-source.ts';
import { requestPods } from './sources/pod-log.ts';
import { readPodPart } from './sources/pod-part.ts';
import { checkOptions, type ReadOptions } from './sources/read-options.ts';
import { findStart } from './sources/start-point.ts';
import { type LogEvent, type LogEvents, lastCursorOf, restartAfter } from './types.ts';

/** The rest of a log after its archived part: the log's source without the archive's index, and the part in the pod. */
type Rest = { source: LogSource; podPart: PodPart };

/** Reads a closed archive, or the archived part of a log. @returns the rest of the log; undefined at the log's end */
async function* readArchived(options: ReadOptions): AsyncGenerator<LogEvent[], Rest | undefined> {
  const state = await options.view.read();
  const source = await findSource(requestPods(options, state), state);
  const start = await findStart(source);
  const { index } = source;
  if (index && source.isClosed) {
    const cursor = options.cursor ?? (options.tail === undefined ? undefined : index.kept);
    yield* readClosedArchive({ source, index, start, state, cursor });
    return undefined;
  }
  const podPart = yield* readArchivedPart(source, start);
  return { source: { ...source, index: undefined }, podPart };
}

/**
 * Reads a log from the archive and the pod, to the log's end or until the other live readers of a broadcast went on
 * without this reader. The archive's index may be large and following a log may take long, so only `readArchived`, which
 * has ended by then, has a variable for the index.
 */
async function* readFromSources(options: ReadOptions): AsyncGenerator<LogEvent[], BroadcastEnd> {
  const rest = yield* readArchived(options);
  return rest ? yield* readPodPart(rest.source, rest.podPart) : 'ended';
}

/** Reads a log to its end. A reader that was too slow for its broadcast resumes after its last line. */
async function* resumeIfTooSlow(options: ReadOptions): LogEvents {
  let { cursor, restart } = options;
  const noteCursor = (batch: LogEvent[]): LogEvent[] => {
    const last = lastCursorOf(batch);
    if (last !== undefined) {
      cursor = last;
      restart = restartAfter(batch);
    }
    return batch;
  };
  for (;;) {
    const end = yield* mapBatches(readFromSources({ ...options, cursor, restart }), noteCursor);
    if (end === 'ended') return;
  }
}

/**
 * Reads a build's log. A closed archive has the whole log. Otherwise the archived part comes first, then the pod's log,
 * then the archive again if the pod was deleted. Lines, cursors and the end event are the same in all cases.
 *
 * @throws ApiError 400 `cursor_invalid`, `parameter_invalid`; 503 `log_unavailable`
 */
export async function* readLog(options: ReadOptions): LogEvents {
  checkOptions(options);
  const chunkEncoding = isSelective(options) ? undefined : options.chunkEncoding;
  yield* selectLines(resumeIfTooSlow({ ...options, chunkEncoding }), options, options.view);
}

/**
 * Checks the options of a log's reader without reading the log.
 * @throws ApiError 400 `cursor_invalid`, `parameter_invalid`; errors of the build's view
 */
export const checkRead = async (options: ReadOptions): Promise<void> => {
  checkOptions(options);
  const { build } = await options.view.read();
  if (options.cursor !== undefined) parseShownCursor(options.cursor, build.id, options.allowedSteps);
};
