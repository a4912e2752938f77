import { type LogEvent, lastLineOf } from '../types.ts';

/** A reader's position in a broadcast: behind `batch` batches, and behind `skip` events of the next batch. */
export type BroadcastPosition = { batch: number; skip: number };

/** Share of a broadcast's buffer that is reserved for the log's beginning. */
const beginningShare = 1 / 4;

/** Estimated memory of a log event beside its text, in bytes: the object, its time and its cursor. */
const eventBytes = 300;

const sizeOf = (events: readonly LogEvent[]): number =>
  events.reduce((sum, event) => sum + eventBytes + ('text' in event ? 2 * event.text.length : 0), 0);

/**
 * Says whether a batch has only events that become outdated when other events follow: the reason why a build waits, or
 * the state of an unfinished line.
 */
const areTemporary = (events: readonly LogEvent[]): boolean =>
  events.every((event) => event.type === 'partial' || (event.type === 'note' && !event.position));

/** Says whether a batch has only states of unfinished lines, which a late reader does not need. */
const areStates = (events: readonly LogEvent[]): boolean => events.every(({ type }) => type === 'partial');

/** Place of a batch of states in a log's beginning, which has a limit of size only when it has a line. */
const noEvents: LogEvent[] = [];

/** Buffer of a broadcast: the newest batches for slow readers, and the first batches for readers that come late. */
export class BatchBuffer {
  readonly #maxBytes: () => number;
  readonly #newest: { events: LogEvent[]; bytes: number }[] = [];
  #newestBytes = 0;
  /** Number of the first of the newest batches. The batches of a broadcast are numbered from 0. */
  #newestFrom = 0;
  #beginning: LogEvent[][] = [];
  #beginningBytes = 0;
  /**
   * Number of the batch with which the buffered beginning of a log starts. Earlier batches have only outdated notes.
   */
  #beginningFrom = 0;
  #hasBegun = false;

  /** @param maxBytes returns the size limit of the newest batches, in bytes. The last batch is always kept */
  constructor(maxBytes: () => number) {
    this.#maxBytes = maxBytes;
  }

  /** Size of the newest batches in a broadcast's buffer, in bytes. */
  get newestBytes(): number {
    return this.#newestBytes;
  }

  /** Position in a broadcast of a reader that has seen no event yet. */
  get start(): BroadcastPosition {
    return { batch: this.#beginningFrom, skip: 0 };
  }

  add(events: LogEvent[]): void {
    const bytes = sizeOf(events);
    this.#addToBeginning(events, bytes);
    this.#newest.push({ events, bytes });
    this.#newestBytes += bytes;
    while (this.#newestBytes > this.#maxBytes() && this.#newest.length > 1) {
      this.#newestBytes -= this.#newest.shift()?.bytes ?? 0;
      this.#newestFrom += 1;
    }
  }

  /**
   * Returns the events at a reader's position in a broadcast; undefined if these events have not come yet, or were
   * dropped.
   */
  at({ batch, skip }: BroadcastPosition): LogEvent[] | undefined {
    const events = this.#batch(batch);
    return skip > 0 ? events?.slice(skip) : events;
  }

  hasDropped({ batch }: BroadcastPosition): boolean {
    return batch < this.#newestFrom && !this.#batch(batch);
  }

  /**
   * Returns the position in a broadcast after the line with this cursor; undefined if that line is not among the newest
   * batches.
   */
  after(cursor: string): BroadcastPosition | undefined {
    for (const [index, { events }] of this.#newest.entries()) {
      const line = events.findLastIndex((event) => event.type === 'line' && event.cursor === cursor);
      if (line < 0) continue;
      const batch = this.#newestFrom + index;
      return line === events.length - 1 ? { batch: batch + 1, skip: 0 } : { batch, skip: line + 1 };
    }
    return undefined;
  }

  #batch(batch: number): LogEvent[] | undefined {
    return this.#newest[batch - this.#newestFrom]?.events ?? this.#beginning[batch - this.#beginningFrom];
  }

  #addToBeginning(events: LogEvent[], bytes: number): void {
    const batch = this.#newestFrom + this.#newest.length;
    if (!this.#hasBegun && areTemporary(events)) this.#restartBeginning(batch);
    else this.#hasBegun = true;
    const isLeftOut = this.#hasBegun && areStates(events);
    const kept = isLeftOut ? 0 : bytes;
    if (batch !== this.#beginningFrom + this.#beginning.length || !this.#hasRoomInBeginning(kept)) return;
    this.#beginning.push(isLeftOut ? noEvents : events);
    this.#beginningBytes += kept;
  }

  #restartBeginning(batch: number): void {
    this.#beginningFrom = batch;
    this.#beginning = [];
    this.#beginningBytes = 0;
  }

  /**
   * Says whether a batch of this size fits into the buffered beginning of a log. The beginning has at least one line,
   * however long: without a line there is no cursor to resume from.
   */
  #hasRoomInBeginning(bytes: number): boolean {
    const hasLine = this.#beginning.some((events) => lastLineOf(events) !== undefined);
    return !hasLine || this.#beginningBytes + bytes <= this.#maxBytes() * beginningShare;
  }
}
