import type { BuildStatus } from '../../openapi/generated/types.ts';
import type { BuildRecord, LogState } from '../ledger/types.ts';

/** One line of a step's log, or a part of a line of more than 65,536 characters. */
export type LogLine = {
  type: 'line';
  /** Name of the line's step, without Tekton's `step-`. */
  step: string;
  /** 0-based number of the line within its step. */
  line: number;
  /** Time of the line in RFC 3339, as the kubelet sent it. */
  time: string;
  text: string;
  cursor: string;
  /** 1-based number of the line within its step. Only set if a client selects lines. */
  number?: number;
  /** True if the next event continues the same line of the step's output. */
  more?: true;
};

/**
 * Position of an archived note: directly before a line of the step. `gap`: lines of the log are missing there. `missing`:
 * so many lines of the whole step are missing.
 */
export type NotePosition = { step: string; line: number; gap?: true; missing?: number };

/** A message of the service among the lines of a log. Only a note with a position is archived. */
export type LogNote = { type: 'note'; text: string; position?: NotePosition };

/**
 * The end event of a log. `log` tells whether the reader has seen the whole log, `reason` which lines are missing. With
 * `limited` the reader has as many lines as it wants, and the log may have more behind the cursor.
 */
export type LogEnd = {
  type: 'end';
  status: BuildStatus;
  log: LogState;
  reason?: string;
  cursor?: string;
  limited?: true;
};

/** Raw DEFLATE data without a final block, its uncompressed size in bytes and the CRC-32 of the uncompressed bytes. */
export type Deflated = { bytes: Buffer; size: number; crc: number };

/**
 * Several lines of one step as text in ndjson, because an object for each line would cost processor time. A batch with
 * a chunk has no other event.
 */
type LogChunk = {
  type: 'chunk';
  ndjson: Buffer | Deflated;
  /** Cursor of the last line in the chunk. */
  cursor: string;
};

/** Form of the lines in a chunk event: `plain` for ndjson as it is, `deflated` for compressed ndjson. */
export type ChunkEncoding = 'plain' | 'deflated';

/**
 * The line after which a new reading of the pod's log must begin, so that its masks come to the batch's last line in
 * the same state. Without a cursor that is the start of the step's log. The event ends a batch whose last line a mask
 * may connect with the next line, such as a line of a private key. After any other batch a new reading may begin behind
 * the batch's last line.
 */
type RestartEvent = { type: 'restart'; cursor: string | undefined };

/**
 * The present state of a line that a step has not finished, such as a progress bar. The next event of the step replaces the
 * state. Only live readers get it, and it is not archived.
 */
export type PartialLine = { type: 'partial'; step: string; time: string; text: string };

/**
 * An event of a log. Five kinds are never sent to a client. `plan`: all steps in their order. `done`: a step's log was
 * read to its end. `whole`: the step's marks prove that no line of the step is missing. `progress`: the cursor of the
 * last line read, if a selection left out that line. `restart`: see RestartEvent.
 */
export type LogEvent =
  | RestartEvent
  | PartialLine
  | LogLine
  | LogNote
  | LogEnd
  | LogChunk
  | { type: 'plan'; steps: string[] }
  | { type: 'done'; step: string }
  | { type: 'whole'; step: string }
  | { type: 'progress'; cursor: string };

/** A log as batches of events. A promise for each line would cost more processor time than all other work on a log. */
export type LogEvents = AsyncGenerator<LogEvent[], void>;

/** State of a build for a reader of its log: the build record, and the reason why the build waits. */
export type BuildState = {
  build: BuildRecord;
  /** 1-based position of the build in the tool's queue. Undefined if the build is not queued. */
  queuePosition: number | undefined;
  /** Reason why the build has no pod yet, as a phrase that follows "waiting: ". Default: the build is being started. */
  waiting?: string;
};

/** Reads the state of one build from the ledger. */
export type BuildView = { read(): Promise<BuildState> };

const finalStatuses: readonly BuildStatus[] = ['BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_CANCELLED', 'BUILD_TIMEOUT'];

/** Says whether a build has ended, so that its log can't grow any more. */
export const hasBuildEnded = ({ status, finishedAt }: BuildRecord): boolean =>
  finalStatuses.includes(status) || finishedAt !== undefined;

/** Returns the last line in a batch of log events; undefined without a line. */
export const lastLineOf = (events: readonly LogEvent[]): LogLine | undefined =>
  events.findLast((event) => event.type === 'line');

/** Returns the cursor of the last line or chunk in a batch of log events; undefined if the batch has neither. */
export const lastCursorOf = (events: readonly LogEvent[]): string | undefined =>
  events.findLast((event) => event.type === 'line' || event.type === 'chunk')?.cursor;

/**
 * Returns the cursor after which a new reading of the pod's log must begin, to continue behind the last line of a batch
 * with the right masks. Undefined for the start of the step's log.
 */
export const restartAfter = (events: readonly LogEvent[]): string | undefined => {
  const restart = events.findLast((event) => event.type === 'restart');
  return restart ? restart.cursor : lastLineOf(events)?.cursor;
};

/** Returns the number of lines in a batch of log events. */
export const linesIn = (events: readonly LogEvent[]): number => events.filter(({ type }) => type === 'line').length;
