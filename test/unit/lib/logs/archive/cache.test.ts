import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { type ArchiveIndex, emptyIndex, segmentKey } from '../../../../../lib/logs/archive/archive-index.ts';
import { readArchive } from '../../../../../lib/logs/archive/reader.ts';
import { gzipChunk } from '../../../../../lib/logs/response/compress.ts';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import type { LogLine } from '../../../../../lib/logs/types.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { timeAt } from '../../../../support/kubernetes/build-pod.ts';

const readers = 24;
const lines = 1000;
const line = (at: number): LogLine => ({
  ...{ type: 'line', step: 'build', line: at, time: timeAt(0) },
  ...{ text: 'x'.repeat(900), cursor: `aaaaaaaa.build.${at.toString(36)}.tow8zn.000` },
});
const ndjson = Buffer.from(encoders.ndjson.encode(Array.from({ length: lines }, (_, at) => line(at))));
const bytes = await gzipChunk(ndjson);

/**
 * Steps of an archive, one for each reader. Each step has one chunk of nearly 1 MiB in a segment of its own, so no two
 * readers share a range of chunks.
 */
const steps = Array.from({ length: readers }, (_, at) => `step-${at}`);
const index: ArchiveIndex = {
  ...emptyIndex(),
  state: 'complete',
  steps,
  done: steps,
  chunks: steps.map((step) => ({
    ...{ step, line: 0, lines, time: timeAt(0), segment: step, offset: 0 },
    ...{ length: bytes.length, size: ndjson.length, crc: crc32(bytes) },
    cursor: line(lines - 1).cursor,
  })),
};

test('readers do not load their range again for every batch when they are more than the cache holds ranges', async () => {
  const loads = new Map<string, number>();
  const get: ObjectStore['get'] = async (key) => {
    loads.set(key, (loads.get(key) ?? 0) + 1);
    return bytes;
  };
  const store = { get } as ObjectStore;
  const location = { store, tool: 'tool', id: 'b-1' };
  const open = steps.map((step) => readArchive({ ...location, index, step }));
  let batches = 0;
  let shown = 0;
  for (let left = open.length; left > 0; ) {
    for (const { done, value } of await Promise.all(open.map((events) => events.next()))) {
      if (done) left -= 1;
      else batches += 1;
      shown += value?.length ?? 0;
    }
    if (left < open.length) break;
  }
  expect(shown).toBe(readers * lines);
  expect([...loads.keys()].sort()).toEqual(steps.map((step) => segmentKey(location, step)).sort());
  // A reader copies 512 KiB at once, about half of its range of chunks, and makes eight batches of the range. So it
  // loads the range three times at most, not for each batch.
  const all = [...loads.values()].reduce((sum, count) => sum + count, 0);
  expect(batches).toBe(readers * 8);
  expect(all).toBeLessThanOrEqual(readers * 3);
});
