import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Broadcasts } from '../../../../../lib/logs/broadcast/broadcasts.ts';
import { readLog } from '../../../../../lib/logs/read.ts';
import type { LogEvent, LogEvents } from '../../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import type { BuildPodCluster } from '../../../../support/kubernetes/build-pod.ts';
import { startBuildPodStore } from '../../../../support/kubernetes/build-pod-store.ts';
import { archiveLog, collect, common, createView, endOf, finished, linesOf, visible } from '../build.ts';

describe('Live readers of one build', () => {
  let fake: BuildPodCluster;
  let store: ObjectStore;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ fake, store, close } = await startBuildPodStore({ partBytes: 500 }));
  });
  afterEach(() => close());

  const texts = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `line ${from + at}`);
  const running = () => {
    fake.setPod(['build']);
    fake.setState('build', 'running');
    fake.write('build', texts(0, 100));
    return createView();
  };

  /** Reads events of a log until `seen` has this many lines. */
  const until = async (events: LogEvents, seen: LogEvent[], lines: number): Promise<void> => {
    while (linesOf(seen).length < lines) seen.push(...((await events.next()).value ?? []));
  };

  test('cost the API server one log stream when fifty of them follow', async () => {
    const view = running();
    const broadcasts = new Broadcasts();
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

  test('get every line once, also a slow one that continues from the archive', async () => {
    const view = running();
    const broadcasts = new Broadcasts({ bufferBytes: 2000 });
    const options = { ...common(fake, view.view), store, tool: 'tool', follow: true, broadcasts };
    const slow = readLog(options);
    const seen: LogEvent[] = [];
    await until(slow, seen, 1);
    const archived = archiveLog({ fake, store }, view);
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
