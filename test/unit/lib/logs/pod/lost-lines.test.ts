import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseCursor } from '../../../../../lib/logs/cursor.ts';
import { readBuildLog } from '../../../../../lib/logs/pod/build-log.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';
import { type BuildPodCluster, startBuildPodCluster, timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { collect, common, createView, endOf, finished, finishedBuild, linesOf, notesOf, visible } from '../build.ts';

let fake: BuildPodCluster;
beforeEach(async () => {
  fake = await startBuildPodCluster();
});
afterEach(() => fake.close());

const ms = (second: number): string => new Date(timeAt(second * 1_000_000)).toISOString();

test('a reader that resumes is told of lines that the node threw away, and the numbers continue', async () => {
  const { view } = finishedBuild(fake, []);
  fake.write(
    'build',
    ['a', 'b', 'c', 'd', 'e'],
    [0, 3, 6, 9, 12].map((s) => timeAt(s * 1_000_000)),
  );
  const whole = linesOf(await collect(readBuildLog({ ...common(fake, view), follow: false })));
  fake.rotate('build', 2);
  const from = parseCursor(whole.find(({ text }) => text === 'b')?.cursor ?? '', 'b-1');
  const rest = await collect(readBuildLog({ ...common(fake, view), follow: false, from }));
  const missing = `lines of step build are missing here: the node threw away what was printed between ${ms(3)} and ${ms(9)}`;
  expect(notesOf(rest)[0]).toBe(missing);
  expect(linesOf(rest).map(({ text, line }) => [text, line])).toEqual([
    ['d', 2],
    ['e', 3],
  ]);
  expect(endOf(rest)).toMatchObject({ log: 'truncated', reason: missing });
});

test("a live reader is told that its cursor's line is gone as soon as later lines come", async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a', 'b'], [timeAt(0), timeAt(10_000_000)]);
  const { view, set } = createView();
  const from = {
    step: 'build',
    line: 0,
    seconds: Date.parse(timeAt(0)) / 1000,
    fraction: '5',
    sameTimeBefore: 0,
  };
  const events = readBuildLog({ ...common(fake, view), follow: true, from });
  const first = await events.next();
  expect(first.value).toEqual([{ type: 'plan', steps: ['build'] }]);
  expect(visible((await events.next()).value ?? [])).toMatchObject([
    { type: 'note', position: { gap: true } },
    { type: 'line', text: 'b', line: 1 },
  ]);
  fake.setState('build', 'terminated');
  set(finished);
  expect(endOf(await collect(events))).toMatchObject({ log: 'truncated' });
});

const sampling = { fromBytes: 1, everyMs: 5 };

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Follows a build's log until two lines were shown, and goes on following. @returns a function that ends the build */
const followed = async () => {
  const { view, set } = createView();
  const events: LogEvent[] = [];
  const follow = async (): Promise<void> => {
    for await (const batch of readBuildLog({ ...common(fake, view), follow: true, rotationCheck: sampling }))
      events.push(...batch);
  };
  const all = follow();
  while (linesOf(events).length < 2) await turn();
  const ended = async () => {
    fake.setState('build', 'terminated');
    set(finished);
    await all;
    const shown = events.flatMap((event) => ('text' in event ? [event.text] : []));
    return { shown, end: endOf(events) };
  };
  return ended;
};

/** Runs a step whose log fills three files while its stream is held up in the first file. */
const overtaken = async (behind: readonly string[]) => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a', 'b'], [timeAt(0), timeAt(1_000_000)]);
  const ended = await followed();
  fake.hold(true);
  fake.write('build', ['c', 'd'], [timeAt(11_000_000), timeAt(12_000_000)]);
  const asked = fake.logRequests().length;
  while (fake.logRequests().length < asked + 2) await turn();
  fake.rotate('build', 0);
  fake.write(
    'build',
    behind,
    behind.map((_, at) => timeAt((22 + at) * 1_000_000)),
  );
  fake.hold(false);
  return ended();
};

test('a stream that skips a rotated file has a note at that place, with the times around the gap', async () => {
  const missing = `lines of step build are missing here: the node threw away what was printed between ${ms(1)} and ${ms(22)}`;
  const { shown, end } = await overtaken(['e', 'f']);
  expect(shown).toEqual(['a', 'b', missing, 'e', 'f']);
  expect(end).toMatchObject({ log: 'truncated', reason: missing });
});

test('a stream that skips the last rotated file has a note at its end', async () => {
  const missing = `lines of step build are missing here: the node threw away what was printed after ${ms(1)}`;
  const { shown, end } = await overtaken([]);
  expect(shown).toEqual(['a', 'b', missing]);
  expect(end).toMatchObject({ log: 'truncated', reason: missing });
});

test('a log that was rotated after its last line is complete', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a', 'b']);
  const ended = await followed();
  fake.rotate('build', 0);
  expect(await ended()).toMatchObject({ shown: ['a', 'b'], end: { log: 'complete' } });
});

/**
 * Simulates a rotation at the end of a step: the stream that follows the log reads the first file and ends, as the
 * container has ended. Afterwards the kubelet has only the last file.
 * @param between lines between the two files, which the kubelet discards before the reader sees them
 */
const leftBehind = async (between: readonly string[]) => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a'], [timeAt(0)]);
  const { view, set } = createView();
  const sampling = { fromBytes: 1, everyMs: 1 };
  const events = readBuildLog({ ...common(fake, view), follow: true, rotationCheck: sampling });
  const looks = () => fake.logRequests().filter(({ query }) => query.get('tailLines') === '1').length;
  const looked = async () => {
    for (const count = looks(); looks() < count + 2; ) await turn();
  };
  await events.next();
  expect(visible((await events.next()).value ?? [])).toMatchObject([{ text: 'a' }]);
  await looked();
  fake.hold(true);
  fake.write('build', ['b'], [timeAt(1_000_000)]);
  fake.setState('build', 'terminated');
  fake.hold(false);
  expect(visible((await events.next()).value ?? [])).toMatchObject([{ text: 'b' }]);
  while (fake.followCount() > 0) await turn();
  fake.write(
    'build',
    between,
    between.map((_, at) => timeAt((21 + at) * 1_000_000)),
  );
  await looked();
  fake.rotate('build', 0);
  fake.write('build', ['c'], [timeAt(61_000_000)]);
  set(finished);
  return collect(events);
};

test('a stream that ends with one file, after its container ended, continues in the next file without a gap', async () => {
  const rest = await leftBehind([]);
  expect(linesOf(rest).map(({ text, line }) => [text, line])).toEqual([['c', 2]]);
  expect(notesOf(rest)).toEqual([]);
  expect(endOf(rest)).toMatchObject({ log: 'complete' });
});

test('a stream that ends with one file, after its container ended, reports a gap if a file between was thrown away', async () => {
  const rest = await leftBehind(['lost', 'lost, too']);
  const missing = `lines of step build are missing here: the node threw away what was printed between ${ms(1)} and ${ms(61)}`;
  expect(linesOf(rest).map(({ text, line }) => [text, line])).toEqual([['c', 2]]);
  expect(notesOf(rest)).toEqual([missing]);
  expect(endOf(rest)).toMatchObject({ log: 'truncated', reason: missing });
});

test('a pod that Tekton made again has the logs of both pods, and a note between them', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a', 'b'], [timeAt(0), timeAt(1_000_000)]);
  const ended = await followed();
  const looks = fake.requestCount('list');
  fake.removePod();
  while (fake.requestCount('list') === looks) await turn();
  await turn();
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a', 'b'], [timeAt(30_000_000), timeAt(31_000_000)]);
  const { shown, end } = await ended();
  const reason = `lines of step build are missing here: the pod was gone before its log was read to the end (what it printed between ${ms(1)} and ${ms(30)}), and another one began anew`;
  expect(shown).toEqual(['a', 'b', reason, 'a', 'b']);
  expect(end).toMatchObject({ log: 'truncated', reason });
});
