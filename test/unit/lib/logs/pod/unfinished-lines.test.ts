import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Broadcasts } from '../../../../../lib/logs/broadcast/broadcasts.ts';
import { readBuildLog } from '../../../../../lib/logs/pod/build-log.ts';
import { selectLines } from '../../../../../lib/logs/query/select.ts';
import { readLog } from '../../../../../lib/logs/read.ts';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import type { LogEvent, LogEvents } from '../../../../../lib/logs/types.ts';
import { startBuildPodStore } from '../../../../support/kubernetes/build-pod-store.ts';
import { begin, endMark, markName as name, unfinished } from '../../../../support/log-marks.ts';
import { archiveLog, collect, common, createView, endOf, finished, linesOf, readEvents } from '../build.ts';

let pods: Awaited<ReturnType<typeof startBuildPodStore>>;
beforeEach(async () => {
  pods = await startBuildPodStore();
  pods.fake.setPod(['build'], 'tool', name);
  pods.fake.setState('build', 'running');
  pods.fake.write('build', [begin]);
});
afterEach(() => pods.close());

/** Follows the log of the build. @returns a function that reads on until an event has a text, and all events */
const follow = (view: ReturnType<typeof createView>, broadcasts?: Broadcasts) => {
  const { fake, store } = pods;
  const shared = broadcasts ? { broadcasts } : {};
  const log = readLog({ ...common(fake, view.view), store, tool: 'tool', follow: true, ...shared });
  const events: LogEvent[] = [];
  const until = async (text: string): Promise<LogEvent> => {
    for (;;) {
      const found = events.find((event) => 'text' in event && event.text === text);
      if (found) return found;
      const { value, done } = await log.next();
      if (done) throw new Error(`the log has ended without ${text}: ${JSON.stringify(events)}`);
      events.push(...value);
    }
  };
  const rest = async (): Promise<LogEvent[]> => {
    for await (const batch of log) events.push(...batch);
    return events;
  };
  return { until, rest };
};

const end = (view: ReturnType<typeof createView>): void => {
  pods.fake.setState('build', 'terminated');
  view.set(finished);
};

describe('an unfinished line of a log', () => {
  test('is shown to a live reader while it lasts, and as a line when it ends', async () => {
    const view = createView();
    const { until, rest } = follow(view);
    pods.fake.write('build', ['a', unfinished('\r10%')]);
    expect(await until('10%')).toMatchObject({ type: 'partial', step: 'build' });
    pods.fake.write('build', [unfinished('\r20%\r30%')]);
    expect(await until('30%')).toMatchObject({ type: 'partial' });
    pods.fake.write('build', ['\r100%', endMark(2)]);
    expect(await until('100%')).toMatchObject({ type: 'line', line: 1 });
    end(view);
    const events = await rest();
    expect(events.filter(({ type }) => type === 'partial')).toHaveLength(2);
    expect(linesOf(events).map(({ text }) => text)).toEqual(['a', '100%']);
    expect(endOf(events)).toMatchObject({ log: 'complete' });
  });

  test('is shown to all readers of a broadcast', async () => {
    const view = createView();
    const broadcasts = new Broadcasts();
    const readers = [follow(view, broadcasts), follow(view, broadcasts)];
    pods.fake.write('build', [unfinished('\r10%')]);
    for (const { until } of readers) expect(await until('10%')).toMatchObject({ type: 'partial' });
    pods.fake.write('build', ['', endMark(1)]);
    end(view);
    for (const { rest } of readers) expect(linesOf(await rest()).map(({ text }) => text)).toEqual(['10%']);
  });

  test('is not shown without a carriage return, nor where the line before may announce a secret', async () => {
    const view = createView();
    const { until, rest } = follow(view);
    pods.fake.write('build', [unfinished('some'), 'thing', 'The new password is:', unfinished('\rXy7-pa55')]);
    await until('The new password is:');
    pods.fake.write('build', ['-w0rd-Zq', endMark(3)]);
    end(view);
    const events = await rest();
    expect(events.filter(({ type }) => type === 'partial')).toEqual([]);
    expect(linesOf(events).map(({ text }) => text)).toEqual(['something', 'The new password is:', '[masked]']);
  });

  test('is not archived: the archive has the last state, and every reader the same cursors', async () => {
    const view = createView();
    const { until, rest } = follow(view);
    const archived = archiveLog(pods, view);
    const { signal } = new AbortController();
    const unseen = collect(readBuildLog({ ...common(pods.fake, view.view), follow: true, showsStates: false, signal }));
    pods.fake.write('build', [unfinished('\r10%')]);
    await until('10%');
    pods.fake.write('build', [unfinished('\r20%'), '\r100%\r', 'b', endMark(2)]);
    end(view);
    const live = await rest();
    expect(await archived).toEqual({ state: 'complete' });
    expect((await unseen).filter(({ type }) => type === 'partial')).toEqual([]);
    const stored = await readEvents(pods, view);
    expect(linesOf(stored)).toEqual(linesOf(live));
    expect(linesOf(stored).map(({ text }) => text)).toEqual(['100%', 'b']);
    const cursor = linesOf(live)[0]?.cursor;
    expect(linesOf(await readEvents(pods, view, { cursor })).map(({ text }) => text)).toEqual(['b']);
  });

  test('never shows a secret whose name or beginning an earlier state of the line had', async () => {
    const token = `ghp_${'aB3dE6gH9jK2mN5p'.repeat(3).slice(0, 36)}`;
    pods.fake.write('build', [
      `token=\rXy7-pa55-w0rd-Zq`,
      `${token.slice(0, 20)}\r${token.slice(20)}`,
      `done\r${token}`,
      endMark(3),
    ]);
    pods.fake.setState('build', 'terminated');
    const shown = linesOf(await readEvents(pods, createView(finished))).map(({ text }) => text);
    expect(shown).toEqual(['[masked]', '[masked]', 'ghp_[masked]']);
  });
});

test('an unfinished line is left out for a reader that does not follow the log', async () => {
  pods.fake.write('build', ['a', unfinished('\r10%')]);
  const events = await readEvents(pods, createView());
  expect(events.filter(({ type }) => type === 'partial')).toEqual([]);
  expect(linesOf(events).map(({ text }) => text)).toEqual(['a']);
});

test('an unfinished line is left out where a client selects lines', async () => {
  const partial: LogEvent = { type: 'partial', step: 'build', time: '2026-11-22T08:02:11Z', text: '10%' };
  const events = async function* (): LogEvents {
    yield [partial];
  };
  const { view } = createView();
  expect(await collect(selectLines(events(), { grep: '%' }, view))).toEqual([]);
  expect(await collect(selectLines(events(), {}, view))).toEqual([partial]);
});

test('an unfinished line is an event of its own in sse and ndjson, and a line without a cursor in text', () => {
  const event: LogEvent = { type: 'partial', step: 'build', time: '2026-11-22T08:02:11Z', text: '"10%"' };
  expect(encoders.ndjson.encode([event])).toBe(
    '{"type":"partial","step":"build","time":"2026-11-22T08:02:11Z","line":"\\"10%\\""}\n',
  );
  expect(encoders.sse.encode([event])).toBe(
    'event: partial\ndata: {"step":"build","time":"2026-11-22T08:02:11Z","line":"\\"10%\\""}\n\n',
  );
  expect(encoders.text.encode([event])).toBe('{"line":"[step-build] 2026-11-22T08:02:11Z \\"10%\\"","partial":true}\n');
});
