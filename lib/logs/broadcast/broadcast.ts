import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeSignal } from '../change-signal.ts';
import { type LogEvent, type LogEvents, lastLineOf } from '../types.ts';
import { BatchBuffer, type BroadcastPosition } from './batch-buffer.ts';

/** A clock in milliseconds that never goes back, with a timer. Tests pass their own clock. */
export type Clock = { now: () => number; sleep: (ms: number) => Promise<unknown> };

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
};

export type BroadcastOptions = {
  /** Opens the upstream log stream of a broadcast. The signal is aborted when the last reader leaves. */
  open: (signal: AbortSignal) => LogEvents;
  /** Cursor after which a broadcast's upstream begins; undefined for the log's start. */
  start: string | undefined;
  /** Returns the size limit of a broadcast's buffer for slow readers, in bytes of memory. */
  bufferBytes: () => number;
  /**
   * Milliseconds after a broadcast's start in which little is read ahead; a quarter of this time while there is only
   * one reader.
   */
  slowStartMs: number;
  clock: Clock;
  /** Called after each batch that has lines, with the cursor of the batch's last line. */
  onLine: (cursor: string) => void;
  onClose: () => void;
};

export type Successor = { broadcast: Broadcast; position: BroadcastPosition };

/**
 * Share of a broadcast's buffer that is filled during the slow start. With a larger share the API server and the node
 * would send more lines than readers who come together need yet.
 */
const slowStartShare = 1 / 16;
const slowStartPollMs = 20;

/**
 * One upstream log stream that several readers share. The stream is read as fast as the fastest reader asks for events.
 */
export class Broadcast {
  readonly #options: BroadcastOptions;
  readonly #control = new AbortController();
  readonly #changed = new ChangeSignal();
  readonly #buffer: BatchBuffer;
  readonly #startedAt: number;
  #upstream: LogEvents | undefined;
  #readers = 0;
  #isPulling = false;
  #end: { error?: unknown } | undefined;
  #successor: Successor | undefined;

  constructor(options: BroadcastOptions) {
    this.#options = options;
    this.#buffer = new BatchBuffer(options.bufferBytes);
    this.#startedAt = options.clock.now();
  }

  /** Returns the position in a broadcast after a cursor; undefined if the cursor's line is not in the buffer. */
  positionAfter(cursor: string | undefined): BroadcastPosition | undefined {
    if (cursor === this.#options.start) return this.#buffer.start;
    return cursor === undefined ? undefined : this.#buffer.after(cursor);
  }

  /** Returns the events at a reader's position in a broadcast; undefined if these events have not come yet. */
  eventsAt(position: BroadcastPosition): LogEvent[] | undefined {
    return this.#buffer.at(position);
  }

  /**
   * Says whether the reader at a position of a broadcast was too slow: the reader's next events are no longer in the
   * buffer.
   */
  hasDropped(position: BroadcastPosition): boolean {
    return this.#buffer.hasDropped(position);
  }

  /** Says whether a broadcast has ended, so that no more events will come. @throws the upstream's error */
  hasEnded(): boolean {
    if (this.#end && 'error' in this.#end) throw this.#end.error;
    return this.#end !== undefined;
  }

  /** The broadcast in which readers continue when the present broadcast ends. */
  get successor(): Successor | undefined {
    return this.#successor;
  }

  /**
   * Reads the next batch of a broadcast's upstream. Resolves when the broadcast has changed, or when the signal is
   * aborted.
   */
  waitForMore(signal: AbortSignal): Promise<void> {
    const changed = this.#changed.next({ signal });
    void this.#pull();
    return changed;
  }

  join(): void {
    this.#readers += 1;
  }

  /** Removes a reader from a broadcast, and ends the upstream when the last reader leaves. */
  leave(): void {
    this.#readers -= 1;
    if (this.#readers > 0) return;
    this.#close({});
    this.#successor?.broadcast.leave();
  }

  /**
   * Ends the upstream of a broadcast whose readers continue in its successor. The successor stays open until the last
   * reader has moved.
   */
  continueIn(successor: Successor): void {
    successor.broadcast.join();
    this.#successor = successor;
    this.#close({});
  }

  async #pull(): Promise<void> {
    if (this.#isPulling || this.#end) return;
    this.#isPulling = true;
    await this.#slowStart();
    if (this.#end) return;
    await this.#readBatch();
    this.#isPulling = false;
    this.#changed.notify();
  }

  async #readBatch(): Promise<void> {
    this.#upstream ??= this.#options.open(this.#control.signal);
    try {
      const { done, value } = await this.#upstream.next();
      if (done) this.#close({});
      else if (!this.#end) this.#add(value);
    } catch (error) {
      this.#close({ error });
    }
  }

  #add(events: LogEvent[]): void {
    this.#buffer.add(events);
    const cursor = lastLineOf(events)?.cursor;
    if (cursor !== undefined) this.#options.onLine(cursor);
  }

  /**
   * Delays the reading of the upstream while a broadcast is new. Readers often come together: when a build starts, or
   * when another instance ends. If the broadcast ran ahead of readers that are about to join, each of them would open
   * an upstream of its own to read the beginning.
   */
  async #slowStart(): Promise<void> {
    while (this.#buffer.newestBytes > this.#options.bufferBytes() * slowStartShare && this.#isStarting() && !this.#end)
      await this.#options.clock.sleep(slowStartPollMs);
  }

  #isStarting(): boolean {
    const { clock, slowStartMs } = this.#options;
    return clock.now() - this.#startedAt < (this.#readers > 1 ? slowStartMs : slowStartMs / 4);
  }

  #close(end: { error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#options.onClose();
    this.#control.abort();
    void this.#upstream?.return().catch(() => undefined);
    this.#changed.notify();
  }
}
