import { setTimeout as sleep } from 'node:timers/promises';
import { type LogEvent, type LogEvents, lastLineOf } from '../types.ts';

/** Behind so many batches, and so many events of the next one. */
export type BroadcastPosition = { batch: number; skip: number };

/** One upstream stream that any number of readers share. It is read as fast as the fastest of them asks. */
export type Broadcast = {
  /** Where a reader begins that has seen all up to this cursor; undefined when that is no longer here. */
  place(cursor: string | undefined): BroadcastPosition | undefined;
  /** The batch at the place; undefined when it hasn't come yet. */
  batch(place: BroadcastPosition): LogEvent[] | undefined;
  /** The place was dropped: its reader was too slow. */
  dropped(place: BroadcastPosition): boolean;
  /** Nothing more will come. @throws what the upstream threw */
  ended(): boolean;
  /** Where to go on at the end: another hub that has all that this one had. */
  successor(): { hub: Broadcast; place: BroadcastPosition } | undefined;
  /** Resolves when something has changed, or the signal is aborted. */
  more(signal: AbortSignal): Promise<void>;
  join(): void;
  /** The last one who leaves ends the upstream. */
  leave(): void;
  /** From here on readers go on in the other one. */
  follow(hub: Broadcast, place: BroadcastPosition): void;
};

export type BroadcastOptions = {
  open: (signal: AbortSignal) => LogEvents;
  /** What the upstream goes on behind. */
  start: string | undefined;
  /** How much is kept for those who lag, in bytes of memory, about. */
  keepBytes: () => number;
  /** So long after its beginning little more is read than the beginning; a quarter of that for one reader alone. */
  youngMs: number;
  /** Told of the last line's cursor whenever something came. */
  onLine: (cursor: string) => void;
  onClose: () => void;
};

/** Of what is kept, for the beginning. */
const headShare = 1 / 4;

/** Of what is kept, for what a young hub reads: the more, the more the API server and the node have sent meanwhile. */
const youngShare = 1 / 16;
const youngStepMs = 20;

/** An event beside its text: its object, time and cursor. */
const eventBytes = 300;

const sizeOf = (events: readonly LogEvent[]): number =>
  events.reduce((sum, event) => sum + eventBytes + ('text' in event ? 2 * event.text.length : 0), 0);

/** Soon to be outdated, as why a build waits. */
const isPassing = (events: readonly LogEvent[]): boolean =>
  events.every((event) => event.type === 'note' && !event.position);

export const createBroadcast = ({ open, start, keepBytes, youngMs, onLine, onClose }: BroadcastOptions): Broadcast => {
  const control = new AbortController();
  const born = performance.now();
  const wakers = new Set<() => void>();
  const kept: { events: LogEvent[]; bytes: number }[] = [];
  let upstream: LogEvents | undefined;
  let first = 0;
  let bytes = 0;
  /** Whoever begins at the start begins here: what was said before is outdated. */
  let beginning = 0;
  /** What is there at once for who comes late, though not all that follows. */
  const head: LogEvent[][] = [];
  let headBytes = 0;
  let begun = false;
  let readers = 0;
  let pulling = false;
  let over: { error?: unknown } | undefined;
  let next: { hub: Broadcast; place: BroadcastPosition } | undefined;

  const wake = (): void => {
    for (const waker of [...wakers]) waker();
  };

  const close = (how: { error?: unknown }): void => {
    if (over) return;
    over = how;
    onClose();
    control.abort();
    void upstream?.return().catch(() => undefined);
    wake();
  };

  const at = (batch: number): LogEvent[] | undefined => kept[batch - first]?.events ?? head[batch - beginning];

  const begin = (events: LogEvent[], size: number): void => {
    const batch = first + kept.length;
    if (!begun && isPassing(events)) {
      beginning = batch;
      head.length = 0;
      headBytes = 0;
    } else begun = true;
    const isNext = batch === beginning + head.length;
    // A head without a line would lead nobody on, but to itself.
    const hasLine = (): boolean => head.some((batch) => lastLineOf(batch) !== undefined);
    if (!isNext || (hasLine() && headBytes + size > keepBytes() * headShare)) return;
    head.push(events);
    headBytes += size;
  };

  const append = (events: LogEvent[]): void => {
    const size = sizeOf(events);
    begin(events, size);
    kept.push({ events, bytes: size });
    bytes += size;
    while (bytes > keepBytes() && kept.length > 1) {
      bytes -= kept.shift()?.bytes ?? 0;
      first += 1;
    }
    const cursor = lastLineOf(events)?.cursor;
    if (cursor !== undefined) onLine(cursor);
  };

  /**
   * Readers often come together: at a build's start, or handed over from an instance that ends. A log that runs ahead of
   * those on their way would have each of them read the beginning anew, all of it at once.
   */
  const growUp = async (): Promise<void> => {
    const isYoung = (): boolean => performance.now() - born < (readers > 1 ? youngMs : youngMs / 4);
    while (bytes > keepBytes() * youngShare && isYoung() && !over) await sleep(youngStepMs, undefined, { ref: false });
  };

  const pull = async (): Promise<void> => {
    if (pulling || over) return;
    pulling = true;
    await growUp();
    if (over) return;
    upstream ??= open(control.signal);
    try {
      const { done, value } = await upstream.next();
      if (done) close({});
      else if (!over) append(value);
    } catch (error) {
      close({ error });
    }
    pulling = false;
    wake();
  };

  const find = (cursor: string): BroadcastPosition | undefined => {
    for (const [at, { events }] of kept.entries()) {
      // Most batches end long before or behind it: only one is looked through.
      const index = events.findLastIndex((event) => event.type === 'line' && event.cursor === cursor);
      if (index === events.length - 1) return { batch: first + at + 1, skip: 0 };
      if (index >= 0) return { batch: first + at, skip: index + 1 };
    }
    return undefined;
  };

  return {
    place: (cursor) => {
      if (cursor === start) return { batch: beginning, skip: 0 };
      return cursor === undefined ? undefined : find(cursor);
    },
    batch: ({ batch, skip }) => {
      const events = at(batch);
      return skip > 0 ? events?.slice(skip) : events;
    },
    dropped: ({ batch }) => batch < first && !at(batch),
    ended: () => {
      if (over && 'error' in over) throw over.error;
      return over !== undefined;
    },
    successor: () => next,
    more: (signal) => {
      const changed = new Promise<void>((resolve) => {
        const waker = (): void => {
          wakers.delete(waker);
          signal.removeEventListener('abort', waker);
          resolve();
        };
        wakers.add(waker);
        signal.addEventListener('abort', waker);
        if (signal.aborted) waker();
      });
      void pull();
      return changed;
    },
    join: () => {
      readers += 1;
    },
    leave: () => {
      readers -= 1;
      if (readers > 0) return;
      close({});
      next?.hub.leave();
    },
    follow: (hub, place) => {
      // Held until the last reader has moved.
      hub.join();
      next = { hub, place };
      close({});
    },
  };
};
