import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readAhead, type SpoolOptions } from '../../../../../lib/logs/pod/spool.ts';

let folder: string;
let small: SpoolOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spool-test-'));
  small = { memoryBytes: 100, fileBytes: 1000, folder };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const never = new AbortController().signal;

const parts = (sizes: readonly number[]): Buffer[] => {
  let next = 0;
  return sizes.map((size) => Buffer.from(Array.from({ length: size }, () => next++ % 251)));
};

/**
 * Reads a stream of 10,000 bytes. The reader takes one buffer, waits until the stream has delivered `waitFor` bytes, and
 * then takes the rest.
 * @returns the largest number of bytes that the stream had delivered ahead of its reader
 */
const mostAhead = async (sizes: SpoolOptions, waitFor: number): Promise<number> => {
  let [given, taken, most] = [0, 0, 0];
  const source = Readable.from(
    (function* () {
      for (const part of parts(Array(200).fill(50))) {
        given += part.length;
        most = Math.max(most, given - taken);
        yield part;
      }
    })(),
    { highWaterMark: 1, objectMode: true },
  );
  const reading = readAhead(source, sizes, never);
  taken += (await reading.next()).value?.length ?? 0;
  while (given < waitFor) await nextTurn();
  for await (const part of reading) taken += part.length;
  expect(taken).toBe(10_000);
  return most;
};

test('property: readAhead returns the same bytes, whenever they come and however slow the reader is', async () => {
  const step = fc.record({ size: fc.integer({ min: 1, max: 400 }), read: fc.nat(3), wait: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const source = new PassThrough({ highWaterMark: 64 });
      const reading = readAhead(source, small, never);
      const all = parts(steps.map(({ size }) => size));
      const got: Buffer[] = [];
      const write = async (): Promise<void> => {
        for (const [at, part] of all.entries()) {
          if (!source.write(part)) await once(source, 'drain');
          if (steps[at]?.wait) await sleep(1);
        }
        source.end();
      };
      const writing = write();
      for (const { read } of steps) {
        for (let left = read; left > 0; left -= 1) {
          const { value } = await reading.next();
          if (value) got.push(value);
        }
        await sleep(1);
      }
      for await (const part of reading) got.push(part);
      await writing;
      expect(Buffer.concat(got).equals(Buffer.concat(all))).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('readAhead joins small buffers that come fast', async () => {
  const all = parts(Array(2000).fill(50));
  const source = Readable.from(all, { objectMode: true });
  const got: Buffer[] = [];
  for await (const part of readAhead(source, { memoryBytes: 1 << 20, fileBytes: 0 }, never)) got.push(part);
  expect(Buffer.concat(got).equals(Buffer.concat(all))).toBe(true);
  expect(got.length).toBeLessThan(20);
  expect(Math.max(...got.map(({ length }) => length))).toBeLessThanOrEqual(1 << 16);
});

test('readAhead does not let the source wait while memory and file have room', async () => {
  expect(await mostAhead({ ...small, fileBytes: 1e6 }, 10_000)).toBeGreaterThan(9000);
});

test('readAhead lets the source wait when memory and file are full', async () => {
  const most = await mostAhead(small, 1050);
  expect(most).toBeGreaterThan(1000);
  expect(most).toBeLessThan(1500);
});

test('readAhead uses memory only where no file can be written', async () => {
  small.folder = join(folder, 'missing');
  expect(await mostAhead(small, 150)).toBeLessThan(600);
  const all = parts(Array(100).fill(60));
  const got: Buffer[] = [];
  for await (const part of readAhead(Readable.from(all), small, never)) got.push(part);
  expect(Buffer.concat(got).equals(Buffer.concat(all))).toBe(true);
});

test('readAhead returns all bytes before an error of the stream, and leaves no file', async () => {
  const all = parts(Array(30).fill(60));
  const source = Readable.from(
    (async function* () {
      yield* all;
      await sleep(20);
      throw new Error('cut');
    })(),
  );
  const got: Buffer[] = [];
  const read = async (): Promise<void> => {
    for await (const part of readAhead(source, small, never)) got.push(part);
  };
  await expect(read()).rejects.toThrow('cut');
  expect(await readdir(folder)).toEqual([]);
  expect(Buffer.concat(got).equals(Buffer.concat(all))).toBe(true);
});

test('readAhead ends when its signal is aborted, though bytes are left', async () => {
  const stop = new AbortController();
  const source = new PassThrough();
  source.write(Buffer.alloc(900));
  const reading = readAhead(source, { ...small, memoryBytes: 1 }, stop.signal);
  await reading.next();
  stop.abort(new Error('stopped'));
  await expect(reading.next()).rejects.toThrow('stopped');
  expect(source.destroyed).toBe(true);
});
