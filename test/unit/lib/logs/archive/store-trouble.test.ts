import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readIndex } from '../../../../../lib/logs/archive/archive-index.ts';
import { removeArchive } from '../../../../../lib/logs/archive/remove.ts';
import { readLog } from '../../../../../lib/logs/read.ts';
import type { ReadOptions } from '../../../../../lib/logs/sources/read-options.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';
import { createS3Store } from '../../../../../lib/store/s3.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { type BuildPodCluster, startBuildPodCluster } from '../../../../support/kubernetes/build-pod.ts';
import { fixedSecret } from '../../../../support/secret.ts';
import { type Broken, type FakeS3, startFakeS3 } from '../../store/fake-s3.ts';
import { archiveLog, collect, common, createView, endOf, finished, linesOf, notesOf, readEvents } from '../build.ts';

let fake: BuildPodCluster;
let s3: FakeS3;
let store: ObjectStore;
beforeEach(async () => {
  fake = await startBuildPodCluster();
  s3 = await startFakeS3();
  store = createS3Store({
    endpoint: s3.url,
    bucket: 'bucket',
    region: 'us-east-1',
    accessKey: fixedSecret('key'),
    secretKey: fixedSecret('secret'),
    timeoutMs: 2500,
    attempts: 2,
  });
});
afterEach(async () => {
  await fake.close();
  await s3.close();
});

const always = 1e9;
const page = '<!doctype html><title>Welcome to nginx</title>';
const troubles: [string, Omit<Broken, 'times'>][] = [
  ['closes every connection', { status: 0 }],
  ['never answers', { status: -1 }],
  ['answers 503', { status: 503 }],
  ['answers 500', { status: 500 }],
  ['refuses the keys', { status: 403 }],
  ['has no bucket', { status: 404, body: '<Error><Code>NoSuchBucket</Code></Error>' }],
  ['answers with a web page', { status: 200, body: page, method: 'GET' }],
  ['returns wrong bytes', { status: 206, body: Buffer.alloc(5000, 7), method: 'GET' }],
  ['returns no bytes', { status: 206, body: '', method: 'GET' }],
];

const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `line ${from + at}`);
const shownTexts = (events: readonly LogEvent[]) => linesOf(events).map(({ text }) => text);

const running = () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', texts(0, 50));
  return createView();
};

type View = ReturnType<typeof createView>;
const end = (view: View) => {
  fake.setState('build', 'terminated');
  view.set(finished);
};
const archive = (view: View, more = {}) => archiveLog({ fake, store }, view, more);
const read = (view: View, more: Partial<ReadOptions> = {}): Promise<LogEvent[]> =>
  readEvents({ fake, store }, view, { follow: true, archiveTimeoutMs: 500, ...more });

/** Reads a log to its end, or until an error. */
const attempt = async (view: View): Promise<{ events: LogEvent[]; error?: unknown }> => {
  const events: LogEvent[] = [];
  try {
    for await (const batch of readLog({ ...common(fake, view.view), store, tool: 'tool', follow: false }))
      events.push(...batch);
    return { events };
  } catch (error) {
    return { events, error };
  }
};

describe.each(troubles)('with a store that %s', (_, trouble) => {
  test('a live log goes on with a note that its beginning may be missing, and the archive is complete later', async () => {
    const view = running();
    s3.break({ times: always, ...trouble });
    const archived = archive(view).catch(() => undefined);
    const live = readLog({ ...common(fake, view.view), store, tool: 'tool', follow: true, archiveTimeoutMs: 200 });
    const events: LogEvent[] = [];
    while (linesOf(events).length === 0) events.push(...((await live.next()).value ?? []));
    fake.write('build', texts(50, 60));
    end(view);
    events.push(...(await collect(live)));
    expect(shownTexts(events)).toEqual(texts(0, 60));
    expect(notesOf(events)[0]).toMatch(/cannot be read at the moment: the beginning may be missing/);
    expect(endOf(events)).toMatchObject({ status: 'BUILD_SUCCESS', log: 'truncated' });
    s3.break(undefined);
    expect((await archived) ?? (await archive(view))).toEqual({ state: 'complete' });
    fake.removePod();
    view.set({ log: 'complete' });
    expect(shownTexts(await read(view))).toEqual(texts(0, 60));
  });

  test('a finished log is refused with 503 and Retry-After, and never shows a wrong line', async () => {
    const view = running();
    end(view);
    await archive(view, { sizes: { chunkBytes: 300, segmentBytes: 1, maxBytes: 1 << 20 } });
    view.set({ log: 'complete' });
    fake.removePod();
    const whole = shownTexts(await read(view));
    expect(whole).toEqual(texts(0, 50));
    s3.break({ times: always, ...trouble });
    const refused = { status: 503, code: 'log_unavailable', retryAfter: expect.any(Number) };
    expect(await attempt(view)).toMatchObject({ events: [], error: refused });
    s3.break(undefined);
    // When the store fails in the middle of a log, the reader has got only correct lines, and an error takes the place
    // of the end event.
    const events = readLog({ ...common(fake, view.view), store, tool: 'tool', follow: false });
    const seen = [...((await events.next()).value ?? [])];
    s3.break({ times: always, ...trouble });
    const rest = await collect(events).catch((error: unknown) => error);
    expect(rest).toMatchObject(refused);
    expect(shownTexts(seen)).toEqual(whole.slice(0, linesOf(seen).length));
    s3.break(undefined);
    // The failed reader has begun to load the next chunks. A new reader would join that load and fail, too, so the test
    // waits until the load has ended.
    await s3.idle();
    expect(await read(view, { cursor: linesOf(seen).at(-1)?.cursor })).toEqual(
      (await read(view)).slice(seen.filter(({ type }) => type !== 'plan').length),
    );
  });
});

test('archiveBuild keeps lines in memory while the store is full, and the archive is complete later', async () => {
  const view = running();
  s3.break({ times: always, status: 507, method: 'PUT' });
  const archived = archive(view, { sizes: { chunkBytes: 300, segmentBytes: 400, maxBytes: 1 << 20 } });
  await fake.untilFollowCount(1);
  fake.write('build', texts(50, 80));
  end(view);
  expect(shownTexts(await read(view))).toEqual(texts(0, 80));
  s3.break(undefined);
  expect(await archived).toEqual({ state: 'complete' });
  fake.removePod();
  view.set({ log: 'complete' });
  expect(shownTexts(await read(view))).toEqual(texts(0, 80));
});

test('a running build whose archive cannot be read goes on with the lines of its pod', async () => {
  const view = running();
  const stop = new AbortController();
  const archived = archive(view, { signal: stop.signal });
  while (!(await readIndex({ store, tool: 'tool', id: 'b-1' }))?.kept) await new Promise(setImmediate);
  stop.abort();
  await archived;
  fake.write('build', texts(50, 60));
  const noSegments: ObjectStore = {
    ...store,
    get: async (key, range) => (range ? Buffer.alloc(range.length, 7) : store.get(key)),
  };
  const events = await read(view, { store: noSegments, follow: false });
  expect(notesOf(events)[0]).toMatch(/its first lines are missing here/);
  expect(shownTexts(events)).toEqual(texts(50, 60));
});

test('a segment with a changed byte is not shown, and removeArchive leaves no object', async () => {
  const view = running();
  end(view);
  await archive(view);
  const index = await readIndex({ store, tool: 'tool', id: 'b-1' });
  const [chunk] = index?.chunks ?? [];
  if (!chunk) throw new Error('the archive has no chunk');
  const key = `logs/tool/b-1/segments/${chunk.segment}`;
  const bytes = Buffer.from((await store.get(key)) ?? []);
  bytes[9] = (bytes[9] ?? 0) ^ 1; // gzip ignores this byte of its header, which names the operating system
  await store.put(key, bytes);
  view.set({ log: 'complete' });
  expect(await attempt(view)).toMatchObject({ events: [], error: { status: 503 } });
  await removeArchive(store, 'tool', 'b-1');
  const left: string[] = [];
  for await (const name of store.list('logs/')) left.push(name);
  expect(left).toEqual([]);
});
