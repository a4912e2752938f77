import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { emptyIndex, readIndex } from '../../../../../lib/logs/archive/archive-index.ts';
import { ArchiveWriter } from '../../../../../lib/logs/archive/writer.ts';
import { parseCursor } from '../../../../../lib/logs/cursor.ts';
import { maxLineLength } from '../../../../../lib/logs/pod/line-splitter.ts';
import { readPodPart } from '../../../../../lib/logs/sources/pod-part.ts';
import type { ReadOptions } from '../../../../../lib/logs/sources/read-options.ts';
import { startInPod } from '../../../../../lib/logs/sources/start-point.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { type BuildPodCluster, timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { startBuildPodStore } from '../../../../support/kubernetes/build-pod-store.ts';
import { begin, endMark, markName as name } from '../../../../support/log-marks.ts';
import {
  archiveIn,
  archiveLog,
  common,
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

const location = () => archiveIn(store);

const read = async (view: ReturnType<typeof createView>, more: Partial<ReadOptions> = {}): Promise<LogEvent[]> =>
  visible(await readEvents({ fake, store }, view, more));

const archive = (view: ReturnType<typeof createView>, more = {}) => archiveLog({ fake, store }, view, more);

/** Waits until the archive has a line of the step build, by its number. */
const untilKept = async (line: number): Promise<void> => {
  const isKept = async (): Promise<boolean> => {
    const { kept } = (await readIndex(location())) ?? {};
    return kept !== undefined && parseCursor(kept, 'b-1').line >= line;
  };
  while (!(await isKept())) await setImmediate();
};

test('an archive says where lines are missing that the kubelet threw away', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write(
    'build',
    ['a', 'b', 'c', 'd'],
    [0, 3, 6, 9].map((s) => timeAt(s * 1_000_000)),
  );
  const view = createView();
  const stop = new AbortController();
  const archived = archive(view, { signal: stop.signal });
  await fake.untilFollowCount(1);
  await untilKept(3);
  stop.abort();
  await archived;
  fake.write(
    'build',
    ['e', 'f'],
    [12, 15].map((s) => timeAt(s * 1_000_000)),
  );
  fake.rotate('build', 1);
  fake.setState('build', 'terminated');
  view.set(finished);
  const at = (second: number) => new Date(timeAt(second * 1_000_000)).toISOString();
  const reason = `lines of step build are missing here: the node threw away what was printed between ${at(9)} and ${at(15)}`;
  expect(await archive(view)).toEqual({ state: 'truncated', reason });
  const shown = await read(view);
  expect(shown.map((event) => ('text' in event ? event.text : event.type))).toEqual([
    'a',
    'b',
    'c',
    'd',
    reason,
    'f',
    'end',
  ]);
  const cursor = linesOf(shown)[3]?.cursor;
  expect(await read(view, { cursor })).toEqual(shown.slice(4));
});

test('a live reader gets each note once at a truncated end, although the archive has the notes too', async () => {
  fake.setPod(['build', 'export']);
  fake.setState('build', 'running');
  fake.write(
    'build',
    ['a', 'b'],
    [0, 3].map((s) => timeAt(s * 1_000_000)),
  );
  const view = createView();
  const stop = new AbortController();
  const archived = archive(view, { signal: stop.signal });
  await untilKept(1);
  stop.abort();
  await archived;
  const cursor = linesOf(await read(view))[1]?.cursor;
  fake.write('build', ['c', 'd'], [timeAt(12_000_000), timeAt(15_000_000)]);
  fake.rotate('build', 1);
  fake.setState('build', 'terminated');
  fake.setState('export', 'terminated');
  const reading = read(view, { follow: true, cursor });
  const { reason } = await archive(createView(finished));
  view.set(finished);
  const shown = await reading;
  expect(notesOf(shown).filter((note) => /missing|export/.test(note))).toHaveLength(2);
  expect(linesOf(shown).map(({ text }) => text)).toEqual(['d']);
  expect(endOf(shown)).toMatchObject({ log: 'truncated', reason });
});

/** Archives the first two lines of a step whose log has marks, and kills the archiver. @returns the view of the build */
const archivedHalf = async (second = 'b') => {
  fake.setPod(['build'], 'tool', name);
  fake.setState('build', 'running');
  fake.write('build', [begin, 'a', second]);
  const view = createView();
  const stop = new AbortController();
  const archived = archive(view, { signal: stop.signal });
  // The first line has the number 0, and each part of a long line has a number.
  const last = Math.ceil(second.length / maxLineLength);
  await untilKept(last);
  stop.abort();
  await archived;
  return view;
};

const endWith = (view: ReturnType<typeof createView>, raw: readonly string[], keep: number): void => {
  fake.write('build', raw);
  fake.rotate('build', keep);
  fake.setState('build', 'terminated');
  view.set(finished);
};

test('an archive whose archiver was killed says how many lines are missing', async () => {
  const view = await archivedHalf();
  endWith(view, ['c', 'd', 'e', endMark(5)], 2);
  const reason = '2 of the 5 lines of step build are missing: the node threw away what was not read in time';
  expect(await archive(view)).toEqual({ state: 'truncated', reason });
  const shown = await read(view);
  expect(linesOf(shown).map(({ text }) => text)).toEqual(['a', 'b', 'e']);
  expect(endOf(shown)).toMatchObject({ log: 'truncated', reason });
});

test('an archive whose archiver was killed counts the parts of a long line as one line', async () => {
  const view = await archivedHalf('x'.repeat(200_000));
  endWith(view, ['c', 'd', 'e', endMark(5)], 2);
  expect(await archive(view)).toMatchObject({
    state: 'truncated',
    reason: expect.stringMatching(/^2 of the 5 lines /),
  });
});

test('an archive whose archiver was killed is complete if the node has thrown away only what was archived', async () => {
  const view = await archivedHalf();
  endWith(view, ['c', 'd', 'e', endMark(5)], 4);
  expect(await archive(view)).toEqual({ state: 'complete' });
  const shown = await read(view);
  expect(linesOf(shown).map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(notesOf(shown)).toEqual([]);
});

test('an archive has one number of missing lines for each step, also where a second archiver has counted again', async () => {
  const counted = (step: string, missing: number): LogEvent => ({
    type: 'note',
    text: `${missing} of the 5 lines of step ${step} are missing`,
    position: { step, line: 5 - missing, gap: true, missing },
  });
  const place: LogEvent = { type: 'note', text: 'here', position: { step: 'build', line: 2, gap: true } };
  const first = new ArchiveWriter(location(), emptyIndex());
  first.add([counted('clone', 1), place, counted('build', 2)]);
  await first.flush();
  const second = new ArchiveWriter(location(), (await readIndex(location())) ?? emptyIndex());
  second.add([counted('build', 3)]);
  await second.flush();
  const texts = (await readIndex(location()))?.notes.map(({ text }) => text);
  expect(texts).toEqual([
    '1 of the 5 lines of step clone are missing',
    'here',
    '3 of the 5 lines of step build are missing',
  ]);
});

/** Archives a whole log of three lines, and reads its rest when the node has kept the last `keep` lines and marks. */
const readRotated = async (keep: number, podCursor?: (lines: ReturnType<typeof linesOf>) => string | undefined) => {
  fake.setPod(['build'], 'tool', name);
  fake.setState('build', 'terminated');
  fake.write('build', [begin, 'a', 'b', 'c', endMark(3)]);
  const view = createView(finished);
  expect(await archive(view)).toEqual({ state: 'complete' });
  const cursor = podCursor?.(linesOf(await read(view)));
  fake.rotate('build', keep);
  const options = { ...common(fake, view.view), store, tool: 'tool', follow: false };
  const source = { options, location: location(), index: undefined, isClosed: false, isStoreAway: false };
  const start = startInPod({ podCursor: cursor, podRestart: undefined, skipLines: 0 });
  const events: LogEvent[] = [];
  for await (const batch of readPodPart(source, { start, isPartial: false })) events.push(...batch);
  return events;
};

test('a reader whose pod has thrown away only the end gets the end from the archive, and lacks nothing', async () => {
  const events = await readRotated(1, (lines) => lines[0]?.cursor);
  expect(linesOf(events).map(({ text }) => text)).toEqual(['b', 'c']);
  expect(endOf(events)).toMatchObject({ log: 'complete' });
  expect(endOf(events)).not.toHaveProperty('reason');
});

test('a reader that has missed lines which are archived is told so, although the archive is complete', async () => {
  const events = await readRotated(2);
  expect(linesOf(events).map(({ text }) => text)).toEqual(['c']);
  expect(endOf(events)).toMatchObject({
    log: 'truncated',
    reason: expect.stringMatching(/^2 of the 3 lines .* They are archived: request the log again from its start$/),
  });
});
