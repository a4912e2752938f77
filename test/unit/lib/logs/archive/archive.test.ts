import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ApiError } from '../../../../../lib/errors.ts';
import { archivePrefix, indexKey, readIndex, writeIndex } from '../../../../../lib/logs/archive/archive-index.ts';
import { removeArchive } from '../../../../../lib/logs/archive/remove.ts';
import { createSecretFinder } from '../../../../../lib/logs/masking/secret-finder.ts';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import type { ReadOptions } from '../../../../../lib/logs/sources/read-options.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { type BuildPodCluster, timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { startBuildPodStore } from '../../../../support/kubernetes/build-pod-store.ts';
import {
  archiveIn,
  archiveLog,
  closeLog,
  createView,
  endOf,
  finished,
  linesOf,
  notesOf,
  readEvents,
  visible,
} from '../build.ts';

let fake: BuildPodCluster;
let store: ObjectStore;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ fake, store, close } = await startBuildPodStore());
});
afterEach(() => close());

const small = { chunkBytes: 400, segmentBytes: 500, maxBytes: 1 << 20 };
const texts = Array.from(
  { length: 60 },
  (_, at) => `line ${at} of the build${at % 9 ? '' : ` \u001b[31mghp_${'aB3'.repeat(12)}\u0007`}`,
);

const finishedBuild = () => {
  fake.setPod(['clone', 'build', 'export']);
  for (const step of ['clone', 'build', 'export']) fake.setState(step, 'terminated');
  fake.write('clone', ['cloned']);
  // Three lines of the log share each time, so that a time alone does not identify a line.
  fake.write(
    'build',
    texts,
    texts.map((_, at) => timeAt(Math.floor(at / 3) * 100_000)),
  );
  fake.write(
    'build',
    [
      `long ${'x'.repeat(150_000)}`,
      '-----BEGIN PRIVATE KEY-----',
      'QUJD'.repeat(16),
      '-----END PRIVATE KEY-----',
      'last',
    ],
    Array(5).fill(timeAt(9_000_000)),
  );
  return createView(finished);
};

const read = async (view: ReturnType<typeof createView>, more: Partial<ReadOptions> = {}): Promise<LogEvent[]> =>
  visible(await readEvents({ fake, store }, view, more));

const archive = (view: ReturnType<typeof createView>, more = {}) =>
  archiveLog({ fake, store }, view, { sizes: small, ...more });

test('an archive gives the same events as the pod in every format, for any cursor, tail and step', async () => {
  const view = finishedBuild();
  const live = await read(view);
  expect(await archive(view)).toEqual({ state: 'complete' });
  const whole = await read(view);
  expect(whole).toEqual(live);
  for (const { encode } of Object.values(encoders)) expect(encode(whole)).toBe(encode(live));
  expect(JSON.stringify(whole)).not.toContain('aB3');
  const lines = linesOf(whole);
  for (const [at, line] of lines.entries()) {
    if (at % 7 && at < lines.length - 8) continue;
    expect(await read(view, { cursor: line.cursor })).toEqual(whole.slice(whole.indexOf(line) + 1));
  }
  for (const tail of [0, 1, 7, 59, lines.length - 1, lines.length, 1000]) {
    const shown = await read(view, { tail });
    expect(linesOf(shown)).toEqual(tail === 0 ? [] : lines.slice(-tail));
    expect(endOf(shown)).toEqual(endOf(whole));
  }
  expect(linesOf(await read(view, { step: 'build', tail: 3 }))).toEqual(lines.slice(-3));
  expect(linesOf(await read(view, { step: 'clone' })).map(({ text }) => text)).toEqual(['cloned']);
  const index = await readIndex(archiveIn(store));
  expect(index?.chunks.length).toBeGreaterThan(5);
  expect(new Set(index?.chunks.map(({ segment }) => segment)).size).toBeGreaterThan(1);
});

test('the pod gives the same tails as the archive', async () => {
  const view = finishedBuild();
  const lines = linesOf(await read(view));
  for (const tail of [0, 1, 30, lines.length, 1000]) {
    expect(linesOf(await read(view, { tail }))).toEqual(tail === 0 ? [] : lines.slice(-tail));
  }
});

test('a running build is read from its archive, and from the pod what is not archived yet', async () => {
  fake.setPod(['clone', 'build', 'export']);
  fake.setState('clone', 'running');
  fake.setState('build', 'running');
  fake.write('clone', texts.slice(0, 30));
  const view = createView();
  const stop = new AbortController();
  const archived = archive(view, { signal: stop.signal });
  const has = async (lines: number) => {
    for (;;) {
      const index = await readIndex(archiveIn(store));
      if (index && index.chunks.reduce((sum, chunk) => sum + chunk.lines, 0) >= lines) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await has(30);
  fake.rotate('clone', 1);
  fake.write('clone', ['after the rotation']);
  const shown = await read(view);
  expect(linesOf(shown).map(({ line }) => line)).toEqual(Array.from({ length: 31 }, (_, at) => at));
  expect(linesOf(shown).at(-1)?.text).toBe('after the rotation');
  expect(notesOf(shown)).toEqual([]);
  expect(linesOf(await read(view, { tail: 2 })).map(({ line }) => line)).toEqual([29, 30]);
  expect(linesOf(await read(view, { tail: 5 })).map(({ line }) => line)).toEqual([26, 27, 28, 29, 30]);
  const at = linesOf(shown)[12];
  expect(linesOf(await read(view, { cursor: at?.cursor }))).toEqual(linesOf(shown).slice(13));
  await has(31);
  stop.abort();
  expect(await archived).toEqual({ state: 'live' });
  fake.setState('clone', 'terminated');
  fake.write('build', ['built']);
  for (const step of ['build', 'export']) fake.setState(step, 'terminated');
  view.set(finished);
  const complete = await read(view);
  const all = linesOf(complete);
  expect(all.slice(-2).map(({ text }) => text)).toEqual(['after the rotation', 'built']);
  // The archive ends within the step clone, so the cursor of the last line is of a step that is not archived yet.
  for (const [line, { cursor }] of all.entries())
    expect(linesOf(await read(view, { cursor }))).toEqual(all.slice(line + 1));
  expect(await closeLog({ fake, store }, view)).toEqual({ state: 'complete' });
  expect(await read(view)).toEqual(complete);
  expect(await closeLog({ fake, store }, view)).toEqual({ state: 'complete' });
});

/** Returns an object store whose writes fail when a function selects the number of the write. */
const failing = (fails: (count: number) => boolean): ObjectStore => {
  let count = 0;
  return {
    ...store,
    put: async (key, bytes) => {
      count += 1;
      if (fails(count)) throw new ApiError(503, 'log_unavailable', 'down', { retryAfter: 5 });
      await store.put(key, bytes);
    },
  };
};

test('archiveBuild stores every line once when it is killed at any write and started again', async () => {
  const view = finishedBuild();
  const live = await read(view);
  for (let kill = 1; kill < 20; kill += 1) {
    const stop = new AbortController();
    const dying = failing((count) => {
      if (count === kill) stop.abort();
      return count >= kill;
    });
    await archive(view, { store: dying, signal: stop.signal, sizes: small }).catch(() => undefined);
    expect(await archive(view)).toEqual({ state: 'complete' });
    expect(await read(view)).toEqual(live);
    await removeArchive(store, 'tool', 'b-1');
  }
});

test('archiveBuild stores every line although two of three writes fail', async () => {
  const view = finishedBuild();
  const live = await read(view);
  expect(await archive(view, { store: failing((count) => count % 3 !== 0) })).toEqual({ state: 'complete' });
  expect(await read(view)).toEqual(live);
});

test('several writers at once leave one complete archive, because the earlier ones stop', async () => {
  const view = finishedBuild();
  const live = await read(view);
  const results = await Promise.all([archive(view), archive(view), archive(view)]);
  expect(results.map(({ state }) => state)).toContain('complete');
  expect(await closeLog({ fake, store }, view)).toEqual({ state: 'complete' });
  expect(await read(view)).toEqual(live);
});

test('a log longer than the limit is truncated, and its end says how many lines were dropped', async () => {
  const view = finishedBuild();
  const live = await read(view);
  const result = await archive(view, { sizes: { ...small, maxBytes: 1000 } });
  expect(result.state).toBe('truncated');
  expect(result.reason).toMatch(
    /^the log is longer than is kept \(0\.0 MiB\): \d+ more lines \(0\.1 MiB\) were dropped$/,
  );
  const kept = await read(view);
  expect(endOf(kept)).toMatchObject({ log: 'truncated', reason: result.reason });
  const count = linesOf(kept).length;
  expect(linesOf(kept)).toEqual(linesOf(live).slice(0, count));
  expect(result.reason).toContain(`${linesOf(live).length - count} more lines`);
});

test('an archive is lost, with the reason, when the pod went before its log was read', async () => {
  const view = createView({ ...finished, status: 'BUILD_CANCELLED' });
  const lost = { state: 'lost', reason: 'the pod was gone before its log was read to the end' };
  expect(await closeLog({ fake, store }, view)).toEqual(lost);
  expect(await read(view)).toEqual([{ type: 'end', status: 'BUILD_CANCELLED', log: 'lost', reason: lost.reason }]);
});

test('a reader gets the rest from the archive when the pod goes away', async () => {
  const view = finishedBuild();
  const live = await read(view);
  await archive(view);
  fake.rotate('build', 30);
  const hidden = {
    ...store,
    get: async (key: string, range?: { offset: number; length: number }) =>
      reads++ === 0 ? undefined : store.get(key, range),
  };
  let reads = 0;
  fake.removePod();
  expect(await read(view, { store: hidden })).toEqual(live);
});

test('closeArchive leaves an archive live until the pod has ended', async () => {
  fake.setPod(['clone']);
  fake.setState('clone', 'running');
  fake.write('clone', ['a']);
  const view = createView(finished);
  expect(await closeLog({ fake, store }, view)).toEqual({ state: 'live' });
  fake.setState('clone', 'terminated');
  expect(await closeLog({ fake, store }, view)).toEqual({ state: 'complete' });
});

test('a cursor whose line number does not match is found by its time', async () => {
  const view = finishedBuild();
  fake.rotate('build', 20);
  const late = linesOf(await read(view)).filter(({ step }) => step === 'build');
  const again = finishedBuild();
  await archive(again);
  const rest = linesOf(await read(again, { cursor: late[0]?.cursor })).map(({ text }) => text);
  const whole = linesOf(await read(again)).map(({ text }) => text);
  // The cursor's line number belongs to another line here, and several lines have the cursor's time. Reading continues
  // behind the last of them.
  expect(whole.slice(-rest.length)).toEqual(rest);
  expect(rest.length).toBeGreaterThan(10);
  expect(await read(again, { cursor: endOf(await read(again))?.cursor })).toMatchObject([
    { type: 'note' },
    { type: 'end' },
  ]);
});

test('a wrong cursor or step is refused with 400 before anything is read', async () => {
  const view = finishedBuild();
  await expect(read(view, { cursor: 'x' })).rejects.toMatchObject({ status: 400, code: 'cursor_invalid' });
  await expect(read(view, { step: 'export' })).rejects.toMatchObject({ status: 400, code: 'parameter_invalid' });
});

test('a damaged archive is refused with 503, and a running build is read from its pod instead', async () => {
  const view = finishedBuild();
  const live = await read(view);
  await archive(view);
  view.set({ log: 'complete' });
  const index = await readIndex(archiveIn(store));
  const [chunk] = index?.chunks ?? [];
  if (!index || !chunk) throw new Error('the archive has no chunk');
  const refused = { status: 503, code: 'log_unavailable' };
  await writeIndex(archiveIn(store), { ...index, chunks: [{ ...chunk, lines: chunk.lines + 1 }] });
  await expect(read(view)).rejects.toMatchObject(refused);
  await writeIndex(archiveIn(store), { ...index, chunks: [{ ...chunk, offset: 1 }] });
  await expect(read(view)).rejects.toMatchObject(refused);
  await writeIndex(archiveIn(store), { ...index, chunks: [{ ...chunk, length: 1_000_000 }] });
  await expect(read(view)).rejects.toMatchObject(refused);
  await store.put(indexKey(archiveIn(store)), Buffer.from('{"version":2}'));
  await expect(read(view)).rejects.toMatchObject(refused);
  view.set({ log: 'live' });
  const shown = await read(view);
  expect(linesOf(shown)).toEqual(linesOf(live));
  expect(notesOf(shown)[0]).toMatch(/stored of this log cannot be read.*beginning may be missing/);
  expect(endOf(shown)).toMatchObject({ log: 'truncated', reason: expect.stringContaining('cannot be read') });
});

test('removeArchive leaves no object of the archive', async () => {
  const view = finishedBuild();
  await archive(view);
  await removeArchive(store, 'tool', 'b-1');
  await removeArchive(store, 'tool', 'b-1');
  const keys: string[] = [];
  for await (const key of store.list(archivePrefix('tool', 'b-1'))) keys.push(key);
  expect(keys).toEqual([]);
});

test('known secrets are masked before they are stored', async () => {
  const view = finishedBuild();
  await archive(view, { findSecrets: createSecretFinder(['of the build']) });
  expect(linesOf(await read(view)).filter(({ text }) => text.includes('of the build'))).toEqual([]);
});
