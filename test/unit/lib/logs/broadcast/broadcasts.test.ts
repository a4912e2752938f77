import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../../lib/errors.ts';
import { Broadcasts } from '../../../../../lib/logs/broadcast/broadcasts.ts';
import type { LogEvent, LogEvents } from '../../../../../lib/logs/types.ts';

const line = (at: number): LogEvent => ({
  type: 'line',
  step: 'build',
  line: at,
  time: '2026-11-22T08:02:11Z',
  text: `line ${at}`,
  cursor: `c.${at}`,
});

/** Makes a log that the test extends, and that can be opened any number of times. */
const createLog = () => {
  const lines: LogEvent[] = [];
  const wakers = new Set<() => void>();
  let over = false;
  let opened = 0;
  let open = 0;
  let failure: Error | undefined;
  const wake = () => {
    for (const waker of [...wakers]) waker();
  };
  const changed = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      wakers.add(resolve);
      signal.addEventListener('abort', () => resolve());
    });
  async function* from(first: number, signal: AbortSignal): LogEvents {
    for (let at = first; ; ) {
      if (failure) throw failure;
      if (at < lines.length) yield lines.slice(at, ++at);
      else if (over || signal.aborted) return;
      else await changed(signal);
    }
  }
  return {
    opened: () => opened,
    isOpen: () => open,
    add: (count: number) => {
      for (let n = 0; n < count; n += 1) lines.push(line(lines.length));
      wake();
    },
    end: () => {
      over = true;
      wake();
    },
    fail: (error: Error) => {
      failure = error;
      wake();
    },
    open: async function* (cursor: string | undefined, signal: AbortSignal): LogEvents {
      opened += 1;
      open += 1;
      try {
        yield* from(cursor === undefined ? 0 : Number(cursor.slice(2)) + 1, signal);
      } finally {
        open -= 1;
      }
    },
  };
};

type Log = ReturnType<typeof createLog>;

const joinLog = (log: Log, broadcasts: Broadcasts, cursor?: string) => {
  const stop = new AbortController();
  const events = broadcasts.join({ key: 'k', cursor, signal: stop.signal, open: log.open });
  return { events, stop };
};

/** Reads at least `count` lines of a log, or to the log's end. @returns the cursors of the lines */
const take = async (
  events: AsyncGenerator<LogEvent[], string>,
  count: number,
  onLine: () => void = () => undefined,
): Promise<string[]> => {
  const texts: string[] = [];
  while (texts.length < count) {
    const { done, value } = await events.next();
    if (done) break;
    for (const event of value) {
      if (event.type !== 'line') continue;
      texts.push(event.cursor);
      onLine();
    }
  }
  return texts;
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Makes a clock that stands still until the test advances it. */
const createClock = () => {
  let now = 0;
  let sleepers: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms: number) => new Promise<void>((resolve) => sleepers.push({ at: now + ms, wake: resolve })),
    advance: async (ms: number): Promise<void> => {
      for (const end = now + ms; now < end; await turn()) {
        now += 10;
        const due = sleepers.filter(({ at }) => at <= now);
        sleepers = sleepers.filter(({ at }) => at > now);
        for (const { wake } of due) wake();
      }
    },
  };
};

const cursors = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `c.${from + at}`);

describe('Broadcasts', () => {
  test('open one upstream for all readers, also late ones, and end it with the last reader', async () => {
    const log = createLog();
    const broadcasts = new Broadcasts();
    const all = Array.from({ length: 20 }, () => joinLog(log, broadcasts));
    const reads = all.map(({ events }) => take(events, 50));
    log.add(50);
    for (const read of reads) expect(await read).toEqual(cursors(0, 50));
    const late = joinLog(log, broadcasts);
    expect(await take(late.events, 50)).toEqual(cursors(0, 50));
    const resumed = joinLog(log, broadcasts, 'c.30');
    expect(await take(resumed.events, 19)).toEqual(cursors(31, 50));
    expect(log.opened()).toBe(1);
    const waiting = [...all, late, resumed].map(async ({ events, stop }) => {
      const next = events.next();
      stop.abort();
      await expect(next).rejects.toThrow();
    });
    await Promise.all(waiting);
    expect(log.isOpen()).toBe(0);
  });

  test('spare a late reader the outdated notes why the build waited', async () => {
    const broadcasts = new Broadcasts();
    const note = (text: string): LogEvent => ({ type: 'note', text });
    const gate = Promise.withResolvers<void>();
    const open = async function* (): LogEvents {
      yield [note('waiting: position 2')];
      yield [note('waiting: position 1')];
      await gate.promise;
      yield [line(0)];
    };
    const options = { key: 'k', cursor: undefined, signal: new AbortController().signal, open };
    const early = broadcasts.join(options);
    expect((await early.next()).value).toEqual([note('waiting: position 2')]);
    expect((await early.next()).value).toEqual([note('waiting: position 1')]);
    const late = broadcasts.join(options);
    expect((await late.next()).value).toEqual([note('waiting: position 1')]);
    gate.resolve();
    expect((await late.next()).value).toEqual([line(0)]);
    await early.return('ended');
    await late.return('ended');
  });

  test('end a reader that is too slow, and let it catch up with an upstream of its own', async () => {
    const log = createLog();
    const broadcasts = new Broadcasts({ bufferBytes: 3200, slowStartMs: 0 });
    const fast = joinLog(log, broadcasts);
    const slow = joinLog(log, broadcasts);
    log.add(100);
    expect(await take(slow.events, 5)).toEqual(cursors(0, 5));
    expect(await take(fast.events, 100)).toEqual(cursors(0, 100));
    expect(await slow.events.next()).toEqual({ done: true, value: 'too-slow' });
    const alone = joinLog(log, broadcasts, 'c.4');
    expect(await take(alone.events, 50)).toEqual(cursors(5, 55));
    expect(log.isOpen()).toBe(2);
    expect(await take(alone.events, 45)).toEqual(cursors(55, 100));
    expect(log.isOpen()).toBe(1);
    log.add(10);
    log.end();
    expect(await take(alone.events, 99)).toEqual(cursors(100, 110));
    expect(await take(fast.events, 99)).toEqual(cursors(100, 110));
    expect(log.opened()).toBe(2);
    expect(log.isOpen()).toBe(0);
  });

  test('give a late reader the beginning at once, before it continues with an upstream of its own', async () => {
    const log = createLog();
    const broadcasts = new Broadcasts({ bufferBytes: 3200, slowStartMs: 0 });
    const early = joinLog(log, broadcasts);
    log.add(100);
    await take(early.events, 100);
    const late = joinLog(log, broadcasts);
    const begun = await take(late.events, 100);
    expect(begun.length).toBeGreaterThan(0);
    expect(begun).toEqual(cursors(0, begun.length));
    expect(log.opened()).toBe(1);
    const alone = joinLog(log, broadcasts, begun.at(-1));
    expect(await take(alone.events, 100 - begun.length)).toEqual(cursors(begun.length, 100));
    await Promise.all([early, late, alone].map(({ events }) => events.return('ended')));
    while (log.isOpen() > 0) await turn();
  });

  test('keep at least one line of the beginning, however long the first lines are', async () => {
    const long = (at: number): LogEvent => ({ ...line(at), text: 'x'.repeat(3000) }) as LogEvent;
    const gate = Promise.withResolvers<void>();
    const open = async function* (): LogEvents {
      yield [{ type: 'note', text: 'waiting' }];
      yield [{ type: 'plan', steps: ['build'] }];
      for (let at = 0; at < 20; at += 1) yield [long(at)];
      await gate.promise;
    };
    const broadcasts = new Broadcasts({ bufferBytes: 3200, slowStartMs: 0 });
    const options = { key: 'k', cursor: undefined, signal: new AbortController().signal, open };
    const early = broadcasts.join(options);
    await take(early, 20);
    const late = broadcasts.join(options);
    expect(await take(late, 1)).toEqual(cursors(0, 1));
    gate.resolve();
    await Promise.all([early.return('ended'), late.return('ended')]);
  });

  test('read ahead little during the slow start, which is four times as long for several readers', async () => {
    const log = createLog();
    const clock = createClock();
    const broadcasts = new Broadcasts({ bufferBytes: 3200, slowStartMs: 2000, clock });
    const [first, second] = [joinLog(log, broadcasts), joinLog(log, broadcasts)];
    log.add(100);
    let linesRead = 0;
    const reading = take(first.events, 100, () => {
      linesRead += 1;
    });
    expect(await take(second.events, 1)).toEqual(cursors(0, 1));
    await clock.advance(1900);
    const third = joinLog(log, broadcasts);
    expect(await take(third.events, 1)).toEqual(cursors(0, 1));
    expect(log.opened()).toBe(1);
    expect(linesRead).toBe(1);
    await Promise.all([second, third].map(({ events }) => events.return('ended')));
    await clock.advance(20);
    expect(await reading).toEqual(cursors(0, 100));
    await first.events.return('ended');
  });

  test('give an error of the upstream to all readers', async () => {
    const log = createLog();
    const broadcasts = new Broadcasts();
    const all = [joinLog(log, broadcasts), joinLog(log, broadcasts)];
    log.add(1);
    for (const { events } of all) expect(await take(events, 1)).toEqual(['c.0']);
    const error = new ApiError(503, 'log_unavailable', 'Later.');
    const reads = all.map(({ events }) => expect(events.next()).rejects.toBe(error));
    log.fail(error);
    await Promise.all(reads);
  });
});
