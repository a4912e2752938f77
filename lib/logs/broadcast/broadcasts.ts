import type { LogEvent, LogEvents } from '../types.ts';
import { type Broadcast, type BroadcastPosition, createBroadcast } from './broadcast.ts';

/** Follows one build's log together with whoever else does in this process. */
export type Broadcasts = {
  /**
   * @param key what is followed: readers of the same share
   * @param cursor the last line that was seen
   * @param open begins an upstream behind a cursor; its signal is aborted when nobody reads it any more
   * @returns `behind` when this reader was so slow that others have gone on without it: its cursor tells where it is
   */
  join(options: JoinBroadcast): AsyncGenerator<LogEvent[], 'behind' | 'done'>;
};

export type JoinBroadcast = {
  key: string;
  cursor: string | undefined;
  signal: AbortSignal;
  open: (cursor: string | undefined, signal: AbortSignal) => LogEvents;
};

export type BroadcastsOptions = {
  /** Bytes of memory, about, that one upstream keeps for those who lag, and all together. */
  bufferBytes?: number;
  totalBufferBytes?: number;
  /** Milliseconds after an upstream's beginning in which it waits for readers that come together. */
  slowStartMs?: number;
};

type Seat = { hub: Broadcast; place: BroadcastPosition };

const next = (place: BroadcastPosition): BroadcastPosition => ({ batch: place.batch + 1, skip: 0 });

async function* read(seat: Seat, signal: AbortSignal): AsyncGenerator<LogEvent[], 'behind' | 'done'> {
  for (;;) {
    const { hub, place } = seat;
    if (hub.dropped(place)) return 'behind';
    const events = hub.batch(place);
    if (events) {
      seat.place = next(place);
      yield events;
      continue;
    }
    const successor = hub.successor();
    if (successor) {
      successor.hub.join();
      hub.leave();
      Object.assign(seat, successor);
    } else if (hub.ended()) return 'done';
    else await hub.more(signal);
    signal.throwIfAborted();
  }
}

/**
 * A thousand followers of one build cost the API server one stream. It is read at the speed of the fastest; what was read
 * last is kept for the others, within a bound. Who lags farther goes on by a stream of its own, at its own speed and
 * nobody else's cost, and joins the others again when it has caught up.
 */
export const createBroadcasts = ({
  bufferBytes: keepBytes = 2 << 20,
  totalBufferBytes: keepAllBytes = 16 << 20,
  slowStartMs: youngMs = 1000,
}: BroadcastsOptions = {}): Broadcasts => {
  const hubs = new Map<string, Set<Broadcast>>();
  let count = 0;

  const remove = (key: string, hub: Broadcast): void => {
    const all = hubs.get(key);
    if (!all?.delete(hub)) return;
    count -= 1;
    if (all.size === 0) hubs.delete(key);
  };

  /** Where another upstream has what this one has come to, both are not needed. */
  const merge = (key: string, hub: Broadcast, cursor: string): void => {
    for (const other of hubs.get(key) ?? []) {
      const place = other === hub ? undefined : other.place(cursor);
      if (!place) continue;
      hub.follow(other, place);
      return;
    }
  };

  const create = ({ key, cursor, open }: JoinBroadcast): Broadcast => {
    const hub: Broadcast = createBroadcast({
      open: (signal) => open(cursor, signal),
      start: cursor,
      youngMs,
      keepBytes: () => Math.min(keepBytes, keepAllBytes / Math.max(1, count)),
      onLine: (last) => merge(key, hub, last),
      onClose: () => remove(key, hub),
    });
    const all = hubs.get(key) ?? new Set();
    hubs.set(key, all.add(hub));
    count += 1;
    return hub;
  };

  const seatOf = (options: JoinBroadcast): Seat => {
    for (const hub of hubs.get(options.key) ?? []) {
      const place = hub.place(options.cursor);
      if (place) return { hub, place };
    }
    return { hub: create(options), place: { batch: 0, skip: 0 } };
  };

  return {
    join: async function* (options) {
      const seat = seatOf(options);
      seat.hub.join();
      try {
        return yield* read(seat, options.signal);
      } finally {
        seat.hub.leave();
      }
    },
  };
};
