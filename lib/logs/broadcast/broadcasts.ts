import type { LogEvent, LogEvents } from '../types.ts';
import { Broadcast, type Clock, type Successor, systemClock } from './broadcast.ts';

/**
 * The way in which a broadcast ended for one reader. `too-slow`: other readers went on, and this reader must resume
 * from its cursor.
 */
export type BroadcastEnd = 'ended' | 'too-slow';

export type JoinBroadcast = {
  /** Name of the log to read. Readers with the same key share one broadcast. */
  key: string;
  /** Cursor of the last line that a joining reader has; undefined for a reader without lines. */
  cursor: string | undefined;
  signal: AbortSignal;
  /** Opens an upstream log stream after a cursor. The signal is aborted when the last reader leaves. */
  open: (cursor: string | undefined, signal: AbortSignal) => LogEvents;
};

export type BroadcastsOptions = {
  /** Size limit of one broadcast's buffer for slow readers, in bytes of memory. Default: 2 MiB. */
  bufferBytes?: number;
  /** Size limit of the buffers of all broadcasts together, in bytes of memory. Default: 16 MiB. */
  totalBufferBytes?: number;
  /**
   * Milliseconds after a broadcast's start in which it reads little ahead, because more readers may join. Default:
   * 1000.
   */
  slowStartMs?: number;
  /** Clock and timer of the broadcasts. Default: the system's. */
  clock?: Clock;
};

/**
 * Shares log streams among the readers of one process: a thousand live readers of a build cost the API server one
 * stream. A broadcast runs at the speed of its fastest reader and keeps the newest events for the others, up to a
 * limit. A reader that falls behind these events gets an upstream of its own when it resumes, and joins the other
 * readers again when it has caught up.
 */
export class Broadcasts {
  readonly #options: Required<BroadcastsOptions>;
  readonly #byKey = new Map<string, Set<Broadcast>>();
  #count = 0;

  constructor(options: BroadcastsOptions = {}) {
    const defaults = { bufferBytes: 2 << 20, totalBufferBytes: 16 << 20, slowStartMs: 1000, clock: systemClock };
    this.#options = { ...defaults, ...options };
  }

  /** Reads a log together with all readers that use the same key. @throws the upstream's error; the signal's reason */
  async *join(options: JoinBroadcast): AsyncGenerator<LogEvent[], BroadcastEnd> {
    let { broadcast, position } = this.#find(options) ?? this.#create(options);
    broadcast.join();
    try {
      for (;;) {
        if (broadcast.hasDropped(position)) return 'too-slow';
        const events = broadcast.eventsAt(position);
        if (events) {
          position = { batch: position.batch + 1, skip: 0 };
          yield events;
          continue;
        }
        const { successor } = broadcast;
        if (successor) {
          successor.broadcast.join();
          broadcast.leave();
          ({ broadcast, position } = successor);
        } else if (broadcast.hasEnded()) return 'ended';
        else await broadcast.waitForMore(options.signal);
        options.signal.throwIfAborted();
      }
    } finally {
      broadcast.leave();
    }
  }

  #find({ key, cursor }: JoinBroadcast, except?: Broadcast): Successor | undefined {
    for (const broadcast of this.#byKey.get(key) ?? []) {
      const position = broadcast === except ? undefined : broadcast.positionAfter(cursor);
      if (position) return { broadcast, position };
    }
    return undefined;
  }

  #create(options: JoinBroadcast): Successor {
    const { key, cursor, open } = options;
    const { slowStartMs, clock } = this.#options;
    const broadcast: Broadcast = new Broadcast({
      open: (signal) => open(cursor, signal),
      start: cursor,
      slowStartMs,
      clock,
      bufferBytes: () => this.#bufferBytes(),
      onLine: (lastCursor) => this.#merge(broadcast, { ...options, cursor: lastCursor }),
      onClose: () => this.#remove(key, broadcast),
    });
    this.#byKey.set(key, (this.#byKey.get(key) ?? new Set()).add(broadcast));
    this.#count += 1;
    return { broadcast, position: { batch: 0, skip: 0 } };
  }

  #bufferBytes(): number {
    return Math.min(this.#options.bufferBytes, this.#options.totalBufferBytes / Math.max(1, this.#count));
  }

  /** Ends a broadcast as soon as another broadcast of the same log has the events after its last line. */
  #merge(broadcast: Broadcast, options: JoinBroadcast): void {
    const successor = this.#find(options, broadcast);
    if (successor) broadcast.continueIn(successor);
  }

  #remove(key: string, broadcast: Broadcast): void {
    const all = this.#byKey.get(key);
    if (!all?.delete(broadcast)) return;
    this.#count -= 1;
    if (all.size === 0) this.#byKey.delete(key);
  }
}
