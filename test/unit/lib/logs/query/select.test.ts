import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import type { ReadOptions } from '../../../../../lib/logs/sources/read-options.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { type BuildPodCluster, timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { startBuildPodStore } from '../../../../support/kubernetes/build-pod-store.ts';
import { archiveLog, createView, endOf, finished, linesOf, readEvents } from '../build.ts';

let fake: BuildPodCluster;
let store: ObjectStore;
let close: () => Promise<void>;
/** Number of times that a range of bytes was read from the object store. */
let reads: number;
beforeEach(async () => {
  const opened = await startBuildPodStore();
  ({ fake, close } = opened);
  const inner = opened.store;
  reads = 0;
  store = {
    ...inner,
    get: (key, range) => {
      if (range) reads += 1;
      return inner.get(key, range);
    },
  };
});
afterEach(() => close());

const total = 300;
const text = (at: number) => (at % 50 ? `line ${at}` : `\u001b[31merr\u001b[1mor\u001b[0m in line ${at}`);
const token = `ghp_${'aB3'.repeat(12)}`;

const build = () => {
  fake.setPod(['clone', 'build']);
  for (const step of ['clone', 'build']) fake.setState(step, 'terminated');
  fake.write('clone', ['cloned'], [timeAt(0)]);
  const texts = Array.from({ length: total }, (_, at) => text(at));
  fake.write(
    'build',
    [...texts, `the secret ${token}`],
    [...texts, ''].map((_, at) => timeAt((at + 1) * 1000)),
  );
  return createView(finished);
};

type View = ReturnType<typeof createView>;
const archive = (view: View) =>
  archiveLog({ fake, store }, view, { sizes: { chunkBytes: 400, segmentBytes: 500, maxBytes: 1 << 20 } });
const read = (view: View, more: Partial<ReadOptions>): Promise<LogEvent[]> => readEvents({ fake, store }, view, more);

const numbers = (events: LogEvent[]) => linesOf(events).map(({ number }) => number);
const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

/** Reads the same part of a log twice: from the pod, then from the archive. Both must show the same lines. */
const both = async (more: Partial<ReadOptions>): Promise<LogEvent[][]> => {
  const view = build();
  const live = await read(view, more);
  await archive(view);
  return [live, await read(view, more)];
};

test('grep searches the masked text without its colours, and numbers the lines', async () => {
  const wanted = [1, 51, 101, 151, 201, 251];
  for (const events of await both({ grep: '^err[o]r in (line|word) \\d+$' })) {
    expect(numbers(events)).toEqual(wanted);
    expect(endOf(events)).toMatchObject({ status: 'BUILD_SUCCESS', log: 'complete' });
  }
  for (const events of await both({ grep: 'ghp_a' })) expect(linesOf(events)).toEqual([]);
});

test('lines that a selection leaves out move the cursor too', async () => {
  for (const events of await both({ grep: 'nothing like it' })) {
    const seen = events.filter((event) => event.type === 'progress');
    const end = endOf(events);
    expect(end?.type === 'end' && end.cursor).toBe(seen.at(-1)?.cursor);
    for (const { encode } of Object.values(encoders)) expect(encode(seen)).toBe('');
  }
});

test('from_line and lines read only the chunks of the archive that they need', async () => {
  for (const events of await both({ step: 'build', fromLine: 120, lines: 7 })) {
    expect(numbers(events)).toEqual(upTo(120, 127));
    expect(linesOf(events)[0]?.text).toBe('line 119');
    expect(endOf(events)).toMatchObject({ status: 'BUILD_SUCCESS', cursor: linesOf(events).at(-1)?.cursor });
  }
  expect(reads).toBeLessThan(6);
  for (const events of await both({ step: 'build', fromLine: total + 1 })) expect(numbers(events)).toEqual([total + 1]);
  for (const events of await both({ step: 'build', fromLine: 5000 })) expect(numbers(events)).toEqual([]);
  for (const events of await both({ lines: 3 })) expect(numbers(events)).toEqual([1, 1, 2]);
  for (const events of await both({ step: 'build', fromLine: 60, grep: 'error', lines: 2 }))
    expect(numbers(events)).toEqual([101, 151]);
});

test('from_line and lines can begin in the archive and end in the pod', async () => {
  fake.setPod(['build']);
  fake.setState('build', 'running');
  fake.write('build', ['a', 'b', 'c']);
  const view = createView();
  const stop = new AbortController();
  const archived = archiveLog({ fake, store }, view, { signal: stop.signal });
  await fake.untilFollowCount(1);
  stop.abort();
  await archived;
  fake.write('build', ['d', 'e']);
  const shown = await read(view, { step: 'build', fromLine: 2, lines: 3 });
  expect(linesOf(shown).map(({ number, text }) => `${number} ${text}`)).toEqual(['2 b', '3 c', '4 d']);
  expect(endOf(shown)).toMatchObject({ status: 'BUILD_RUNNING', log: 'live' });
});

test('since leaves out the lines before the first one that is not earlier', async () => {
  const since = timeAt(200 * 1000);
  for (const events of await both({ since })) {
    expect(linesOf(events)).toHaveLength(total - 199 + 1);
    expect(linesOf(events)[0]).toMatchObject({ text: 'line 199', time: since });
  }
  const later = new Date(Date.parse(since) + 3_600_000).toISOString().replace('Z', '+01:00');
  for (const events of await both({ since: later })) expect(linesOf(events)[0]).toMatchObject({ text: 'line 199' });
  for (const events of await both({ since: '2020-01-01T00:00:00Z', step: 'build' }))
    expect(linesOf(events)).toHaveLength(total + 1);
});

test.each<[Partial<ReadOptions>, RegExp]>([
  [{ grep: '(' }, /RE2.*missing closing/],
  [{ grep: '(?=x)' }, /RE2/],
  [{ grep: '(a)\\1' }, /RE2/],
  [{ grep: '.{0,900}' }, /repeats too much/],
  [{ since: 'yesterday' }, /since must be a time/],
  [{ since: '2026-11-22T08:02:11' }, /offset/],
  [{ fromLine: 3 }, /name the step/],
  [{ lines: 3, follow: true }, /leave follow out/],
])('the selection %j is refused before the log is read', async (more, message) => {
  await expect(read(build(), more)).rejects.toMatchObject({
    status: 400,
    code: 'parameter_invalid',
    message: expect.stringMatching(message),
  });
  expect(fake.requestCount('log')).toBe(0);
});
