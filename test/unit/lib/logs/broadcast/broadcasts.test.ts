import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../../lib/errors.ts';
import { archiveBuild } from '../../../../../lib/logs/archive/archive-build.ts';
import { createBroadcasts } from '../../../../../lib/logs/broadcast/broadcasts.ts';
import { readLog } from '../../../../../lib/logs/read.ts';
import type { LogEvent, LogEvents } from '../../../../../lib/logs/types.ts';
import { createFolderStore } from '../../../../../lib/store/folder.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { type BuildPodCluster, startBuildPodCluster } from '../../../../support/kubernetes/build-pod.ts';
import { collect, common, createView, endOf, finished, linesOf, visible } from '../build.ts';

const line = (at: number): LogEvent => ({
  type: 'line',
  step: 'build',
  line: at,
  time: '2026-11-22T08:02:11Z',
  text: `line ${at}`,
  cursor: `c.${at}`,
});

/** A log that grows by hand, and that can be opened any number of times. */
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

const follower = (log: Log, broadcasts: ReturnType<typeof createBroadcasts>, cursor?: string) => {
  const stop = new AbortController();
  const events = broadcasts.join({ key: 'k', cursor, signal: stop.signal, open: log.open });
  return { events, stop };
};

/** Reads so many lines. */
const take = async (events: AsyncGenerator<LogEvent[], string>, count: number): Promise<string[]> => {
  const texts: string[] = [];
  while (texts.length < count) {
    const { done, value } = await events.next();
    if (done) break;
    for (const event of value) if (event.type === 'line') texts.push(event.cursor);
  }
  return texts;
};

const cursors = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `c.${from + at}`);

describe('an upstream that is shared', () => {
  test('is one for all who follow, late ones too, and ends with the last of them', async () => {
    const log = createLog();
    const broadcasts = createBroadcasts();
    const all = Array.from({ length: 20 }, () => follower(log, broadcasts));
    const reads = all.map(({ events }) => take(events, 50));
    log.add(50);
    for (const read of reads) expect(await read).toEqual(cursors(0, 50));
    const late = follower(log, broadcasts);
    expect(await take(late.events, 50)).toEqual(cursors(0, 50));
    const resumed = follower(log, broadcasts, 'c.30');
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

  test('a late reader is not told again why the build waited before', async () => {
    const broadcasts = createBroadcasts();
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
    await early.return('done');
    await late.return('done');
  });

  test('a slow reader costs nobody anything: it is told where it is, goes on alone, and joins the others again', async () => {
    const log = createLog();
    const broadcasts = createBroadcasts({ bufferBytes: 3200, slowStartMs: 0 });
    const fast = follower(log, broadcasts);
    const slow = follower(log, broadcasts);
    log.add(100);
    expect(await take(slow.events, 5)).toEqual(cursors(0, 5));
    expect(await take(fast.events, 100)).toEqual(cursors(0, 100));
    expect(await slow.events.next()).toEqual({ done: true, value: 'behind' });
    const alone = follower(log, broadcasts, 'c.4');
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

  test('who comes late has the beginning at once, and goes on alone', async () => {
    const log = createLog();
    const broadcasts = createBroadcasts({ bufferBytes: 3200, slowStartMs: 0 });
    const early = follower(log, broadcasts);
    log.add(100);
    await take(early.events, 100);
    const late = follower(log, broadcasts);
    const begun = await take(late.events, 100);
    expect(begun.length).toBeGreaterThan(0);
    expect(begun).toEqual(cursors(0, begun.length));
    expect(log.opened()).toBe(1);
    const alone = follower(log, broadcasts, begun.at(-1));
    expect(await take(alone.events, 100 - begun.length)).toEqual(cursors(begun.length, 100));
    await Promise.all([early, late, alone].map(({ events }) => events.return('done')));
    while (log.isOpen() > 0) await sleep(1);
  });

  test('a beginning has a line, however long the first ones are', async () => {
    const long = (at: number): LogEvent => ({ ...line(at), text: 'x'.repeat(3000) }) as LogEvent;
    const gate = Promise.withResolvers<void>();
    const open = async function* (): LogEvents {
      yield [{ type: 'note', text: 'waiting' }];
      yield [{ type: 'plan', steps: ['build'] }];
      for (let at = 0; at < 20; at += 1) yield [long(at)];
      await gate.promise;
    };
    const broadcasts = createBroadcasts({ bufferBytes: 3200, slowStartMs: 0 });
    const options = { key: 'k', cursor: undefined, signal: new AbortController().signal, open };
    const early = broadcasts.join(options);
    await take(early, 20);
    const late = broadcasts.join(options);
    expect(await take(late, 1)).toEqual(cursors(0, 1));
    gate.resolve();
    await Promise.all([early.return('done'), late.return('done')]);
  });

  test('at first it waits for those who come together, and hardly for a lone one', async () => {
    const log = createLog();
    const broadcasts = createBroadcasts({ bufferBytes: 3200, slowStartMs: 2000 });
    const [first, second] = [follower(log, broadcasts), follower(log, broadcasts)];
    log.add(100);
    const reading = take(first.events, 100);
    expect(await take(second.events, 1)).toEqual(cursors(0, 1));
    await sleep(100);
    const third = follower(log, broadcasts);
    expect(await take(third.events, 1)).toEqual(cursors(0, 1));
    expect(log.opened()).toBe(1);
    await Promise.all([second, third].map(({ events }) => events.return('done')));
    expect(await reading).toEqual(cursors(0, 100));
    await first.events.return('done');
  });

  test('a failure reaches all who read', async () => {
    const log = createLog();
    const broadcasts = createBroadcasts();
    const all = [follower(log, broadcasts), follower(log, broadcasts)];
    log.add(1);
    for (const { events } of all) expect(await take(events, 1)).toEqual(['c.0']);
    const error = new ApiError(503, 'log_unavailable', 'Later.');
    const reads = all.map(({ events }) => expect(events.next()).rejects.toBe(error));
    log.fail(error);
    await Promise.all(reads);
  });
});

describe('readers of one build', () => {
  let fake: BuildPodCluster;
  let folder: string;
  let store: ObjectStore;
  beforeEach(async () => {
    fake = await startBuildPodCluster({ partBytes: 500 });
    folder = await mkdtemp(path.join(tmpdir(), 'broadcasts-'));
    store = createFolderStore(folder);
  });
  afterEach(async () => {
    await fake.close();
    await rm(folder, { recursive: true, force: true });
  });

  const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `line ${from + at}`);
  const running = () => {
    fake.setPod(['build']);
    fake.setState('build', 'running');
    fake.write('build', texts(0, 100));
    return createView();
  };

  /** Reads on until so many lines were seen. */
  const until = async (events: LogEvents, seen: LogEvent[], lines: number): Promise<void> => {
    while (linesOf(seen).length < lines) seen.push(...((await events.next()).value ?? []));
  };

  test('fifty followers ask the API server for one log', async () => {
    const view = running();
    const broadcasts = createBroadcasts();
    const options = { ...common(fake, view.view), store, tool: 'tool', follow: true, broadcasts };
    const reads = Array.from({ length: 50 }, () => collect(readLog(options)));
    await fake.untilFollowCount(1);
    fake.write('build', texts(100, 200));
    fake.setState('build', 'terminated');
    view.set(finished);
    const [first = [], ...others] = (await Promise.all(reads)).map(visible);
    expect(linesOf(first).map(({ text }) => text)).toEqual(texts(0, 200));
    expect(endOf(first)).toMatchObject({ status: 'BUILD_SUCCESS', log: 'complete' });
    for (const other of others) expect(other).toEqual(first);
    expect(fake.logRequests().filter(({ query }) => query.get('follow') === 'true')).toHaveLength(1);
    expect(fake.followCount()).toBe(0);
  });

  test('who was too slow goes on from the archive, and gets every line once', async () => {
    const view = running();
    const broadcasts = createBroadcasts({ bufferBytes: 2000 });
    const options = { ...common(fake, view.view), store, tool: 'tool', follow: true, broadcasts };
    const slow = readLog(options);
    const seen: LogEvent[] = [];
    await until(slow, seen, 1);
    const archived = archiveBuild({ ...common(fake, view.view), store, tool: 'tool', id: 'b-1', flushMs: 5 });
    const fast = readLog(options);
    const whole: LogEvent[] = [];
    await until(fast, whole, 100);
    for (let count = 100; count < 300; count += 50) {
      fake.write('build', texts(count, count + 50));
      await until(fast, whole, count + 50);
    }
    fake.setState('build', 'terminated');
    view.set(finished);
    whole.push(...visible(await collect(fast)));
    expect(linesOf(whole).map(({ text }) => text)).toEqual(texts(0, 300));
    expect(await archived).toEqual({ state: 'complete' });
    seen.push(...(await collect(slow)));
    expect(linesOf(seen)).toEqual(linesOf(whole));
    expect(endOf(seen)).toEqual(endOf(whole));
    expect(fake.followCount()).toBe(0);
  });
});
