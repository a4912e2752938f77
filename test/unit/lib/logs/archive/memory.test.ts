import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { type ArchiveIndex, emptyIndex } from '../../../../../lib/logs/archive/archive-index.ts';
import { cacheOf } from '../../../../../lib/logs/archive/cache.ts';
import { readArchive } from '../../../../../lib/logs/archive/reader.ts';
import { readLog } from '../../../../../lib/logs/read.ts';
import { gzipChunk } from '../../../../../lib/logs/response/compress.ts';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import type { LogLine } from '../../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { startBuildPodStore } from '../../../../support/kubernetes/build-pod-store.ts';
import { archiveLog, common, createView, linesOf } from '../build.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Collects garbage until a condition holds. @returns whether it held within 2 s */
const isSoon = async (condition: () => boolean): Promise<boolean> => {
  for (let attempts = 0; attempts < 40; attempts += 1) {
    collectGarbage();
    if (condition()) return true;
    await sleep(50);
  }
  return false;
};

test('readers that wait for their clients keep the cache and their own copies, not their ranges', async () => {
  const lines = 1000;
  const cursor = (at: number): string => `aaaaaaaa.build.${at.toString(36)}.tow8zn.000`;
  const line = (at: number): LogLine => ({
    ...{ type: 'line', step: 'build', line: at, time: timeAt(0) },
    ...{ text: 'x'.repeat(900), cursor: cursor(at) },
  });
  const ndjson = Buffer.from(encoders.ndjson.encode(Array.from({ length: lines }, (_, at) => line(at))));
  const bytes = await gzipChunk(ndjson);
  const steps = Array.from({ length: 150 }, (_, at) => `step-${at}`);
  const index: ArchiveIndex = {
    ...emptyIndex(),
    state: 'complete',
    steps,
    done: steps,
    chunks: steps.map((step) => ({
      ...{ step, line: 0, lines, time: timeAt(0), segment: step, offset: 0 },
      ...{ length: bytes.length, size: ndjson.length, crc: crc32(bytes), cursor: cursor(lines - 1) },
    })),
  };
  const get: ObjectStore['get'] = async () => bytes;
  const location = { store: { get } as ObjectStore, tool: 'tool', id: 'b-1' };
  const before = process.memoryUsage().arrayBuffers;
  const readers = steps.map((step) => readArchive({ ...location, index, step, chunkEncoding: 'plain' }));
  await Promise.all(readers.map((events) => events.next()));
  // The readers' ranges of chunks have 144 MiB in all. The archive cache may keep 16 MiB of them and the readers' copies
  // another 16 MiB; the rest of the 96 MiB is room for the buffers of the test itself.
  expect(await isSoon(() => process.memoryUsage().arrayBuffers - before < 96 << 20)).toBe(true);
  for (const events of readers) await events.return();
});

test('a live reader does not keep the index of the archive while it follows the pod', async () => {
  const { fake, store, close } = await startBuildPodStore();
  try {
    fake.setPod(['build']);
    fake.setState('build', 'running');
    fake.write('build', ['line 0', 'line 1']);
    const view = createView();
    const options = { ...common(fake, view.view), store, tool: 'tool' };
    const stop = new AbortController();
    const archiving = archiveLog({ fake, store }, view, { signal: stop.signal });
    await fake.untilFollowCount(1);
    const cache = cacheOf(store);
    const readIndex = cache.index.bind(cache);
    while (!(await readIndex({ ...options, id: 'b-1' }))?.kept) await sleep(20);
    stop.abort();
    await archiving;
    const chunks: WeakRef<object>[] = [];
    cache.index = async (location) => {
      const index = await readIndex(location);
      if (index) chunks.push(new WeakRef(index.chunks));
      return index;
    };
    const events = readLog({ ...options, follow: true });
    for (let lines = 0; lines < 2; ) lines += linesOf((await events.next()).value ?? []).length;
    fake.write('build', ['line 2']);
    for (let lines = 0; lines < 1; ) lines += linesOf((await events.next()).value ?? []).length;
    expect(chunks).toHaveLength(1);
    expect(await isSoon(() => chunks[0]?.deref() === undefined)).toBe(true);
    await events.return();
  } finally {
    await close();
  }
});
