import type { Status } from '../../openapi/generated/types.ts';
import type { BuildRecord, LogState } from '../ledger/types.ts';

/** One line of a step, or a part of a line that is longer than the limit. */
export type LogLine = {
  type: 'line';
  /** The step's name, without Tekton's `step-`. */
  step: string;
  /** 0-based within the step. */
  line: number;
  /** RFC 3339, as the kubelet gave it. */
  time: string;
  text: string;
  cursor: string;
  /** 1-based, where lines are selected. */
  number?: number;
  /** The next line of the step continues this one: both together are one line of the step's output. */
  more?: true;
};

/** A note's place: before that line. `gap`: lines are missing there. */
export type NotePosition = { step: string; line: number; gap?: true };

/** A word of ours among the lines. Those with a lasting place are archived. */
export type LogNote = { type: 'note'; text: string; position?: NotePosition };

/** `complete` is what a reader has seen or could see; `reason` says what is missing. */
export type LogEnd = { type: 'end'; status: Status; log: LogState; reason?: string; cursor?: string };

/** Raw DEFLATE data without a final block, its uncompressed size in bytes and the CRC-32 of the uncompressed bytes. */
export type Deflated = { bytes: Buffer; size: number; crc: number };

/** Lines of one step in the format ndjson, without an object for each line. The chunk is alone in its batch. */
export type LogChunk = {
  type: 'chunk';
  ndjson: Buffer | Deflated;
  /** Cursor of the last line. */
  cursor: string;
};

/** Encoding of a LogChunk's lines: `plain` for bytes, `deflated` for compressed data. */
export type ChunkEncoding = 'plain' | 'deflated';

/**
 * plan: all steps in their order; done: a step's log was read to its end; seen: a reader has come so far, though it was
 * not shown that line. None of them goes to a client.
 */
export type LogEvent =
  | LogLine
  | LogNote
  | LogEnd
  | LogChunk
  | { type: 'plan'; steps: string[] }
  | { type: 'done'; step: string }
  | { type: 'progress'; cursor: string };

/** Batches: a promise for each line would cost more than all the rest. */
export type LogEvents = AsyncGenerator<LogEvent[], void>;

export type BuildState = {
  build: BuildRecord;
  /** 1-based; undefined when it is not queued. */
  queuePosition: number | undefined;
  /** Why the build has no pod yet, as a phrase after "waiting: ". */
  waiting?: string;
};

/** The build as the ledger has it now. */
export type BuildView = { read(): Promise<BuildState> };

const finalStatuses: readonly Status[] = ['BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_CANCELLED', 'BUILD_TIMEOUT'];

export const hasBuildEnded = (entry: BuildRecord): boolean =>
  finalStatuses.includes(entry.status) || entry.finishedAt !== undefined;

export const lastLineOf = (events: readonly LogEvent[]): LogLine | undefined =>
  events.findLast((event) => event.type === 'line');

/** Behind which all of these were read. */
export const lastCursorOf = (events: readonly LogEvent[]): string | undefined =>
  events.findLast((event) => event.type === 'line' || event.type === 'chunk')?.cursor;

export const linesIn = (events: readonly LogEvent[]): number => events.filter(({ type }) => type === 'line').length;
