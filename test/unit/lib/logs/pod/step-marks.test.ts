import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCursor } from '../../../../../lib/logs/cursor.ts';
import { readBuildLog } from '../../../../../lib/logs/pod/build-log.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';
import { type BuildPodCluster, startBuildPodCluster } from '../../../../support/kubernetes/build-pod.ts';
import { begin, endMark, markName as name, unfinished } from '../../../../support/log-marks.ts';
import { collect, common, createView, endOf, finished, linesOf, notesOf } from '../build.ts';

let fake: BuildPodCluster;
beforeEach(async () => {
  fake = await startBuildPodCluster();
});
afterEach(() => fake.close());

/** Runs a step that has ended, with `raw` as its log. @returns a view of the build */
const ended = (raw: readonly string[], keep?: number) => {
  fake.setPod(['build'], 'tool', name);
  fake.setState('build', 'terminated');
  fake.write('build', raw);
  if (keep !== undefined) fake.rotate('build', keep);
  return createView(finished);
};

const read = ({ view }: ReturnType<typeof createView>, more = {}): Promise<LogEvent[]> =>
  collect(readBuildLog({ ...common(fake, view), follow: false, ...more }));

const textsOf = (events: readonly LogEvent[]): string[] => linesOf(events).map(({ text }) => text);

const missing = (count: string): string =>
  `${count} of step build are missing: the node threw away what was not read in time`;

describe('a log with marks', () => {
  test('is complete if the reader has as many lines as the last mark says, and shows no mark', async () => {
    const events = await read(ended([begin, 'a', '', 'c', endMark(3)]));
    expect(textsOf(events)).toEqual(['a', '', 'c']);
    expect(endOf(events)).toMatchObject({ log: 'complete' });
    expect(notesOf(events)).toEqual([]);
  });

  test('of a step without output is complete', async () => {
    expect(endOf(await read(ended([begin, endMark(0)])))).toMatchObject({ log: 'complete' });
  });

  test('of which the node has thrown away the beginning is truncated, and says how many lines are missing', async () => {
    const lines = Array.from({ length: 200 }, (_, at) => `line ${at}`);
    const events = await read(ended([begin, ...lines, endMark(200)], 25));
    expect(textsOf(events)).toEqual(lines.slice(-24));
    const reason = missing('176 of the 200 lines');
    expect(notesOf(events)).toEqual([reason]);
    expect(endOf(events)).toMatchObject({ log: 'truncated', reason });
  });

  test('of which the node has the last mark only is truncated', async () => {
    const events = await read(ended([begin, 'a', 'b', endMark(2)], 1));
    expect(endOf(events)).toMatchObject({ log: 'truncated', reason: missing('2 of the 2 lines') });
  });

  test('of which only the first mark is gone is truncated, because the first line may be cut', async () => {
    const events = await read(ended([begin, 'a', 'b', endMark(2)], 3));
    const reason = 'the beginning of the log of step build is missing: the node threw it away before it was read';
    expect(endOf(events)).toMatchObject({ log: 'truncated', reason });
  });

  test('whose step was killed has no last mark, and is complete if it has a first one', async () => {
    const events = await read(ended([begin, 'a', 'b']));
    expect(textsOf(events)).toEqual(['a', 'b']);
    expect(endOf(events)).toMatchObject({ log: 'complete' });
    expect(endOf(await read(ended([begin, 'a', 'b'], 1)))).toMatchObject({ log: 'truncated' });
  });

  test("of a step that Tekton has skipped has Tekton's line only, and is complete", async () => {
    const skipped = '2026/11/22 08:02:11 Skipping step because a previous step failed';
    const events = await read(ended([skipped]));
    expect(textsOf(events)).toEqual([skipped]);
    expect(endOf(events)).toMatchObject({ log: 'complete' });
  });

  test("may have lines of Tekton after the last mark, which are not the step's", async () => {
    const own = '2026/11/22 08:02:11 Termination message is above max allowed size 4096';
    expect(endOf(await read(ended([begin, 'a', endMark(1), own])))).toMatchObject({ log: 'complete' });
    expect(endOf(await read(ended([begin, 'a', endMark(2), own])))).toMatchObject({ log: 'truncated' });
  });

  test('shows look-alikes of marks, and counts a mark that the build has forged as one of its lines', async () => {
    const alike = [
      `[log-mark ${name}] ended`,
      '[log-mark other] end: 1 lines, 1 bytes',
      ` ${begin}`,
      endMark(5).slice(1),
    ];
    const shown = await read(ended([begin, ...alike, endMark(4)]));
    expect(textsOf(shown)).toEqual(alike);
    expect(endOf(shown)).toMatchObject({ log: 'complete' });
    const forged = await read(ended([begin, 'a', endMark(1), 'b', endMark(3)]));
    expect(textsOf(forged)).toEqual(['a', 'b']);
    expect(endOf(forged)).toMatchObject({
      log: 'truncated',
      reason: missing('1 of the 3 lines').replace(' are ', ' is '),
    });
  });

  test('shows what looks like a mark but is a part of a line', async () => {
    const long = 'x'.repeat(65_536);
    const events = await read(ended([begin, `${long}${endMark(0)}`, `10%\r${endMark(0)}`, 'c', endMark(3)]));
    expect(textsOf(events)).toEqual([long, endMark(0), endMark(0), 'c']);
    expect(endOf(events)).toMatchObject({ log: 'complete' });
  });

  test('does not hide a gap by the lines that the reader has of another pod', async () => {
    fake.setPod(['build'], 'tool', name);
    fake.setState('build', 'running');
    fake.write('build', [begin, 'a', 'b']);
    const cursor = linesOf(await read(createView())).at(-1)?.cursor ?? '';
    const events = await read(ended([begin, 'c', 'd', endMark(2)]), { from: parseCursor(cursor, 'b-1') });
    expect(textsOf(events)).toEqual(['c', 'd']);
    expect(endOf(events)).toMatchObject({ log: 'truncated', reason: expect.stringContaining('lines of step build') });
  });

  test('shows the marks of another pipeline, which the pod does not name', async () => {
    fake.setPod(['build']);
    fake.setState('build', 'terminated');
    fake.write('build', [begin, 'a', endMark(7)]);
    const events = await read(createView(finished));
    expect(textsOf(events)).toEqual([begin, 'a', endMark(7)]);
    expect(endOf(events)).toMatchObject({ log: 'complete' });
  });

  test('counts the parts of a long line as one line', async () => {
    const long = 'x'.repeat(200_000);
    expect(endOf(await read(ended([begin, long, 'b', endMark(2)])))).toMatchObject({ log: 'complete' });
    expect(endOf(await read(ended([begin, long, 'b', endMark(3)])))).toMatchObject({ log: 'truncated' });
  });

  test('is counted by a reader that resumes at a cursor, too', async () => {
    const view = ended([begin, 'a', 'b', 'c', endMark(3)]);
    const [first] = linesOf(await read(view));
    const from = parseCursor(first?.cursor ?? '', 'b-1');
    const rest = await read(view, { from });
    expect(textsOf(rest)).toEqual(['b', 'c']);
    expect(endOf(rest)).toMatchObject({ log: 'complete' });
    fake.rotate('build', 2);
    const late = await read(view, { from });
    expect(textsOf(late)).toEqual(['c']);
    expect(endOf(late)).toMatchObject({ reason: missing('1 of the 3 lines').replace(' are ', ' is ') });
  });

  test('that has lost no line after all is complete, although its cursor is gone', async () => {
    const view = ended([begin, 'a', 'b', 'c', endMark(3)]);
    const [first] = linesOf(await read(view));
    fake.rotate('build', 3);
    const rest = await read(view, { from: parseCursor(first?.cursor ?? '', 'b-1') });
    expect(textsOf(rest)).toEqual(['b', 'c']);
    expect(endOf(rest)).toMatchObject({ log: 'complete' });
  });

  test('that has a long line is not proven whole by the number of its lines, because a part of that line may be missing', async () => {
    const view = ended([begin, 'a', 'x'.repeat(70_000), 'c', endMark(3)]);
    const [first] = linesOf(await read(view));
    fake.rotate('build', 3);
    const rest = await read(view, { from: parseCursor(first?.cursor ?? '', 'b-1') });
    expect(linesOf(rest)).toHaveLength(3);
    expect(endOf(rest)).toMatchObject({
      log: 'truncated',
      reason: expect.stringMatching(/lines of step build are missing here/),
    });
  });

  test.each([
    ['a', ['a']],
    ['10%', ['a', '10%']],
  ])(
    'of a killed step that ends with a mark after %s has no line more, and is read with one stream',
    async (last, shown) => {
      const rest = last === 'a' ? '' : last;
      const events = await read(ended([begin, 'a', unfinished(rest)]));
      expect(textsOf(events)).toEqual(shown);
      expect(endOf(events)).toMatchObject({ log: 'complete' });
      expect(fake.logRequests().filter(({ query }) => !query.has('tailLines'))).toHaveLength(1);
    },
  );

  test('has lines that marks have split, which are joined', async () => {
    const events = await read(
      ended([begin, unfinished('one '), unfinished(''), 'line', unfinished(''), 'b', unfinished('c'), '', endMark(3)]),
    );
    expect(textsOf(events)).toEqual(['one line', 'b', 'c']);
    expect(endOf(events)).toMatchObject({ log: 'complete' });
  });
});
