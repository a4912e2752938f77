import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeSignal } from '../change-signal.ts';
import { type LogEvent, type LogEvents, lastLineOf } from '../types.ts';
import { BatchBuffer, type BroadcastPosition } from './batch-buffer.ts';

/** Milliseconds of a clock that never goes back, and a timer. Tests pass their own. */
export type Clock = { now: () => number; sleep: (ms: number) => Promise<unknown> };

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
};

export type BroadcastOptions = {
  /** Opens the upstream log stream. Its signal is aborted when the last reader leaves. */
  open: (signal: AbortSignal) => LogEvents;
  /** Cursor that the upstream resumes from; undefined for the log's start. */
  start: string | undefined;
  /** Returns the size limit of the buffer for slow readers, in bytes of memory. */
  bufferBytes: () => number;
  /** Milliseconds after the start in which little is read ahead; a quarter of that while there is one reader only. */
  slowStartMs: number;
  clock: Clock;
  /** Called after each batch that has lines, with the cursor of its last line. */
  onLine: (cursor: string) => void;
  onClose: () => void;
};

export type Successor = { broadcast: Broadcast; position: BroadcastPosition };

/**
 * Share of the buffer that is filled during the slow start. A larger share makes the API server and the node send more
 * that readers who come together don't need yet.
 */
const slowStartShare = 1 / 16;
const slowStartPollMs = 20;

/** One upstream log stream shared by several readers. It is read as fast as the fastest reader asks. */
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

  /** Returns the position after a cursor; undefined if its line is not in the buffer. */
  positionAfter(cursor: string | undefined): BroadcastPosition | undefined {
    if (cursor === this.#options.start) return this.#buffer.start;
    return cursor === undefined ? undefined : this.#buffer.after(cursor);
  }

  /** Returns the events at a position; undefined if they have not come yet. */
  eventsAt(position: BroadcastPosition): LogEvent[] | undefined {
    return this.#buffer.at(position);
  }

  /** Whether the reader at this position was too slow: its next events are no longer in the buffer. */
  hasDropped(position: BroadcastPosition): boolean {
    return this.#buffer.hasDropped(position);
  }

  /** Whether no more events will come. @throws the upstream's error */
  hasEnded(): boolean {
    if (this.#end && 'error' in this.#end) throw this.#end.error;
    return this.#end !== undefined;
  }

  /** The broadcast in which readers continue at the end of this one. */
  get successor(): Successor | undefined {
    return this.#successor;
  }

  /** Reads the next batch. Resolves when the broadcast has changed, or when the signal is aborted. */
  waitForMore(signal: AbortSignal): Promise<void> {
    const changed = this.#changed.next({ signal });
    void this.#pull();
    return changed;
  }

  join(): void {
    this.#readers += 1;
  }

  /** Ends the upstream when the last reader leaves. */
  leave(): void {
    this.#readers -= 1;
    if (this.#readers > 0) return;
    this.#close({});
    this.#successor?.broadcast.leave();
  }

  /** Ends the upstream; readers continue in another broadcast, which is kept open until the last one has moved. */
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
   * Readers often come together: when a build starts, or when another instance ends. If the broadcast ran ahead of
   * readers that are about to join, each of them would open an upstream of its own to read the beginning.
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
