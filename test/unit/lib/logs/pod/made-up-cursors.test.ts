import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readIndex, writeIndex } from '../../../../../lib/logs/archive/archive-index.ts';
import { cursorTag, encodeCursor, parseCursor } from '../../../../../lib/logs/cursor.ts';
import { watchedLines } from '../../../../../lib/logs/masking/pem.ts';
import type { ReadOptions } from '../../../../../lib/logs/sources/read-options.ts';
import type { LogLine } from '../../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { type BuildPodCluster, timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { startBuildPodStore } from '../../../../support/kubernetes/build-pod-store.ts';
import { archiveIn, archiveLog, createView, finished, linesOf, readEvents } from '../build.ts';
import { body, fold } from '../masking/keys.ts';

let fake: BuildPodCluster;
let store: ObjectStore;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ fake, store, close } = await startBuildPodStore());
});
afterEach(() => close());

const location = () => archiveIn(store);
const tag = cursorTag('b-1');

const read = async (view: ReturnType<typeof createView>, more: Partial<ReadOptions> = {}): Promise<LogLine[]> =>
  linesOf(await readEvents({ fake, store }, view, more));

/** A key folded so narrowly that its lines alone do not look like a key's. Among them is other output. */
const keyLines = [
  '-----BEGIN RSA PRIVATE KEY-----',
  ...fold(body(480, 1), 8).flatMap((line, at) => (at % 10 ? [line] : [line, 'The build goes on.'])),
  '-----END RSA PRIVATE KEY-----',
];
const before = Array.from({ length: watchedLines + 6 }, (_, at) => `line ${at} of the build`);
const after = ['after the key', 'the end'];
const log = [...before, ...keyLines, ...after];

/** Returns times of lines, 700 ms apart, so that no stream by time begins with a whole key. */
const times = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => timeAt((from + at) * 700_000));

const finishedBuild = (lines: readonly string[] = log) => {
  fake.setPod(['build']);
  fake.setState('build', 'terminated');
  fake.write('build', lines, times(lines.length));
  return createView(finished);
};

const textsOf = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);
const maskedLog = log.map((text) => (keyLines.includes(text) && text !== 'The build goes on.' ? '[masked]' : text));

test('a cursor of an earlier version that says no key is open shows no line of an open key', async () => {
  const view = finishedBuild();
  const whole = await read(view);
  expect(textsOf(whole)).toEqual(maskedLog);
  for (let at = before.length; at < log.length; at += 3) {
    const { cursor = '' } = whole[at] ?? {};
    for (const forged of [cursor, `${cursor}.0.0`, `${cursor}.0.1`, `${cursor}.0.74`])
      expect(await read(view, { cursor: forged })).toEqual(whole.slice(at + 1));
  }
});

test('property: no cursor, however it was made up, shows more than reading from the start', async () => {
  const view = finishedBuild();
  const start = Date.parse(timeAt(0)) / 1000;
  const end = start + Math.ceil(log.length * 0.7);
  const allowed = new Set(maskedLog);
  const fraction = fc.oneof(
    fc.stringMatching(/^\d{0,9}$/),
    fc.constantFrom(...times(10).map((time) => time.slice(20, 29))),
  );
  const any = fc.record({
    step: fc.constant('build'),
    line: fc.nat(2 * log.length),
    seconds: fc.integer({ min: start - 5, max: end + 5 }),
    fraction,
    sameTimeBefore: fc.nat(2),
  });
  await fc.assert(
    fc.asyncProperty(any, fc.option(fc.stringMatching(/^[0-9a-z]{1,3}$/)), async (cursor, oldPart) => {
      const stem = encodeCursor(tag, { ...cursor, sameTimeBefore: 0 });
      const old = `${stem}.${cursor.sameTimeBefore.toString(36)}.${oldPart}`;
      const shown = await read(view, { cursor: oldPart === null ? encodeCursor(tag, cursor) : old });
      for (const text of textsOf(shown)) expect(allowed).toContain(text);
    }),
    { numRuns: 60 },
  );
});

test('the last lines of a log are the same whether the whole log is read or not, also within a key', async () => {
  const view = finishedBuild();
  const whole = await read(view);
  for (let tail = 1; tail <= log.length; tail += 7) expect(await read(view, { tail })).toEqual(whole.slice(-tail));
  const since = whole[before.length + 9]?.time;
  expect(await read(view, { since })).toEqual(whole.slice(before.length + 9));
});

/** Archives the first lines of a running build's log, and stops the archiver. */
const archiveFirst = async (view: ReturnType<typeof createView>, lines: readonly string[]): Promise<void> => {
  fake.write('build', lines, times(lines.length));
  const stop = new AbortController();
  const archived = archiveLog({ fake, store }, view, { flushMs: 1, signal: stop.signal });
  const isStored = async (): Promise<boolean> => {
    const kept = (await readIndex(location()))?.kept;
    return kept !== undefined && parseCursor(kept, 'b-1').line === lines.length - 1;
  };
  while (!(await isStored())) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await archived;
};

const split = before.length + 20;

/** Makes a running build whose archive has the first lines of the log, which end within the key. */
const partlyArchived = async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  const view = createView();
  await archiveFirst(view, log.slice(0, split));
  const index = await readIndex(location());
  if (!index) throw new Error('the archive has no index');
  return { view, index };
};

/** Writes the rest of the log, and ends the step. */
const writeRest = (): void => {
  fake.write('build', log.slice(split), times(log.length - split, split));
  fake.setState('build', 'terminated');
};

test('a key of which the archive has the beginning is masked in the rest, for readers and for the next archiver', async () => {
  const { view, index } = await partlyArchived();
  expect(parseCursor(index.restart ?? '', 'b-1').line).toBe(before.length - 1);
  writeRest();
  view.set(finished);
  const whole = await read(view);
  expect(textsOf(whole)).toEqual(maskedLog);
  for (const at of [split - 2, split - 1, split, split + 7, log.length - 2])
    expect(await read(view, { cursor: `${whole[at]?.cursor}.0.0` })).toEqual(whole.slice(at + 1));
  expect(await read(view, { tail: 30 })).toEqual(whole.slice(-30));
  await archiveLog({ fake, store }, view);
  fake.removePod();
  expect(await read(view)).toEqual(whole);
});

test('the index of an earlier version, which says no restart, leaves the rest of a key masked', async () => {
  const { view, index } = await partlyArchived();
  delete index.restart;
  await writeIndex(location(), index);
  writeRest();
  view.set(finished);
  expect(textsOf(await read(view))).toEqual(maskedLog);
});

test('a key whose beginning the node has thrown away is masked in what is left', async () => {
  const wide = ['-----BEGIN PRIVATE KEY-----', ...fold(body(640, 2), 64), '-----END PRIVATE KEY-----', 'after'];
  const view = finishedBuild([...before, ...wide]);
  const whole = await read(view);
  fake.rotate('build', 7);
  const left = [...Array(6).fill('[masked]'), 'after'];
  expect(textsOf(await read(view))).toEqual(left);
  for (const line of whole.slice(-12, -8)) {
    const rest = textsOf(await read(view, { cursor: line.cursor }));
    expect(rest).toEqual(left.slice(-rest.length));
  }
});

test('a live reader that resumes in an archived log makes the kubelet read a few seconds of the log only', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  const view = createView();
  await archiveFirst(view, before);
  fake.write('build', ['a', 'b', 'c'], times(3, before.length));
  fake.setState('build', 'terminated');
  view.set(finished);
  const whole = await read(view);
  const requests = fake.logRequests().length;
  expect(textsOf(await read(view, { cursor: whole.at(-3)?.cursor }))).toEqual(['b', 'c']);
  const since = fake
    .logRequests()
    .slice(requests)
    .map(({ query }) => query.get('sinceTime'));
  const lastArchived = Date.parse(whole[before.length - 1]?.time ?? '');
  expect(lastArchived - Date.parse(since[0] ?? '')).toBeLessThan(2000);
});
