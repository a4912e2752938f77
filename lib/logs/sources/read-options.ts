import { parameterInvalid } from '../../errors.ts';
import type { ArchiveLocation } from '../archive/archive-index.ts';
import type { Broadcasts } from '../broadcast/broadcasts.ts';
import type { BuildLogOptions } from '../pod/build-log.ts';
import { checkSelection, type Selection } from '../query/select.ts';
import type { ChunkEncoding } from '../types.ts';

export type ReadOptions = Omit<ArchiveLocation, 'id'> &
  Omit<BuildLogOptions, 'from' | 'restart'> &
  Selection & {
    /** Cursor as a client sent it. Reading resumes after the cursor's line. */
    cursor?: string | undefined;
    /**
     * Cursor of the last line, at `cursor` or before, after which all masks are at rest, if this process has read the log
     * up to `cursor` itself. Must not come from a client.
     */
    restart?: string | undefined;
    /**
     * Number of the log's last lines to read. Ignored with a cursor, because a client that resumes repeats the
     * parameters of its first request.
     */
    tail?: number | undefined;
    /** Broadcasts in which live readers share the pod's log. Without them each reader opens a log stream of its own. */
    broadcasts?: Broadcasts;
    /**
     * Encoding of archived chunks that are passed on as they are stored. By default, and if a client selects lines,
     * each line is an event of its own.
     */
    chunkEncoding?: ChunkEncoding | undefined;
    /** Milliseconds that a reader of a running build's log waits for the object store. Default: 3000. */
    archiveTimeoutMs?: number;
  };

/** Checks the parameters of a request for a log. @throws ApiError 400 `parameter_invalid` */
export const checkOptions = (options: ReadOptions): void => {
  const { step, allowedSteps, fromLine, lines, follow } = options;
  checkSelection(options);
  if (fromLine !== undefined && step === undefined)
    throw parameterInvalid('from_line', 'counts the lines of one step: name the step in `step`');
  if (follow && fromLine !== undefined)
    throw parameterInvalid('from_line', "can't be combined with `follow`: leave `follow` out");
  if (follow && lines !== undefined)
    throw parameterInvalid('lines', "can't be combined with `follow`: leave `follow` out");
  if (step === undefined || allowedSteps.includes(step)) return;
  throw parameterInvalid('step', `must be a step that has a log to show: ${allowedSteps.join(', ')}`);
};
