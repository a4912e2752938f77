import type { Status } from '../../openapi/generated/types.ts';
import type { BuildRecord, LogState } from '../ledger/types.ts';

/** One line of a step's log, or a part of a line of more than 65,536 characters. */
export type LogLine = {
  type: 'line';
  /** The step's name, without Tekton's `step-`. */
  step: string;
  /** 0-based number within the step. */
  line: number;
  /** RFC 3339, as the kubelet sent it. */
  time: string;
  text: string;
  cursor: string;
  /** 1-based number within the step. Only set if lines are selected. */
  number?: number;
  /** The next line continues this one: in the step's output both are one line. */
  more?: true;
};

/** Position of an archived note: before this line of the step. `gap`: lines are missing there. */
export type NotePosition = { step: string; line: number; gap?: true };

/** A message of the service among the lines. Only a note with a position is archived. */
export type LogNote = { type: 'note'; text: string; position?: NotePosition };

/** The end of a log. `log`: whether the reader has seen all of it. `reason`: what is missing. */
export type LogEnd = { type: 'end'; status: Status; log: LogState; reason?: string; cursor?: string };

/** Raw DEFLATE data without a final block, its uncompressed size in bytes and the CRC-32 of the uncompressed bytes. */
export type Deflated = { bytes: Buffer; size: number; crc: number };

/** Lines of one step in the format ndjson, without an object for each line. The chunk is alone in its batch. */
type LogChunk = {
  type: 'chunk';
  ndjson: Buffer | Deflated;
  /** Cursor of the last line. */
  cursor: string;
};

/** Encoding of a LogChunk's lines: `plain` for bytes, `deflated` for compressed data. */
export type ChunkEncoding = 'plain' | 'deflated';

/**
 * An event of a log. Three kinds are never sent to a client. `plan`: all steps in their order. `done`: a step's log was
 * read to its end. `progress`: how far a reader has come whose selection shows no line.
 */
export type LogEvent =
  | LogLine
  | LogNote
  | LogEnd
  | LogChunk
  | { type: 'plan'; steps: string[] }
  | { type: 'done'; step: string }
  | { type: 'progress'; cursor: string };

/** A log as batches of events. A promise for each line would cost more processor time than all other work. */
export type LogEvents = AsyncGenerator<LogEvent[], void>;

/** A build and where it waits. */
export type BuildState = {
  build: BuildRecord;
  /** 1-based position in the tool's queue. Undefined if the build is not queued. */
  queuePosition: number | undefined;
  /** Why the build has no pod yet, as a phrase after "waiting: ". Default: the build is being started. */
  waiting?: string;
};

/** Reads one build from the ledger. */
export type BuildView = { read(): Promise<BuildState> };

const finalStatuses: readonly Status[] = ['BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_CANCELLED', 'BUILD_TIMEOUT'];

/** Whether a build has ended, so that its log can't grow any more. */
export const hasBuildEnded = ({ status, finishedAt }: BuildRecord): boolean =>
  finalStatuses.includes(status) || finishedAt !== undefined;

/** Returns the last line of a batch; undefined without any. */
export const lastLineOf = (events: readonly LogEvent[]): LogLine | undefined =>
  events.findLast((event) => event.type === 'line');

/** Returns the cursor of the last line or chunk of a batch; undefined without any. */
export const lastCursorOf = (events: readonly LogEvent[]): string | undefined =>
  events.findLast((event) => event.type === 'line' || event.type === 'chunk')?.cursor;

/** Returns the number of lines in a batch. */
export const linesIn = (events: readonly LogEvent[]): number => events.filter(({ type }) => type === 'line').length;
