import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { emptyIndex, readIndex } from '../../../../../lib/logs/archive/archive-index.ts';
import { cacheOf } from '../../../../../lib/logs/archive/cache.ts';
import { readArchive } from '../../../../../lib/logs/archive/reader.ts';
import { ArchiveWriter } from '../../../../../lib/logs/archive/writer.ts';
import { type ContentCoding, createGzipCoding, identityCoding } from '../../../../../lib/logs/response/compress.ts';
import { type Encoder, encoders, lastNdjsonCursor, ndjsonLine } from '../../../../../lib/logs/response/encode.ts';
import { writeLog } from '../../../../../lib/logs/response/write-log.ts';
import type { ChunkEncoding, LogEvent, LogEvents, LogLine } from '../../../../../lib/logs/types.ts';
import { createFolderStore } from '../../../../../lib/store/folder.ts';
import type { ObjectStore } from '../../../../../lib/store/types.ts';
import { timeAt } from '../../../../support/kubernetes/build-pod.ts';
import { collect } from '../build.ts';

let folder: string;
let store: ObjectStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chunks-'));
  store = createFolderStore(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const location = () => ({ store, tool: 'tool', id: 'b-1' });

const nasty = [
  '',
  '"',
  '\\',
  '\\"',
  '","cursor":"x"}',
  '$1 $& $`',
  '\t',
  '\u2028\u0085',
  '\ud800',
  'ü€😀',
  '{"type":"line"',
];
const lineOf = (step: string, line: number, text: string, more?: true): LogLine => ({
  ...{ type: 'line', step, line, time: timeAt(line), text, cursor: `aaaaaaaa.${step}.${line.toString(36)}.tow8zn.0` },
  ...(more ? { more } : {}),
});

const anyLine = fc
  .record({
    step: fc.constantFrom('clone', 'build'),
    line: fc.nat(100_000),
    text: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...nasty)),
    more: fc.constantFrom(undefined, true as const),
  })
  .map(({ step, line, text, more }) => lineOf(step, line, text.replaceAll('\n', ' '), more));

test('property: every encoder makes the same of ndjson as of its lines', () => {
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: 1 }), (lines) => {
      const ndjson = Buffer.from(encoders.ndjson.encode(lines));
      for (const encoder of Object.values(encoders))
        expect(String(encoder.fromNdjson(ndjson))).toBe(encoder.encode(lines));
      expect(lastNdjsonCursor(ndjson)).toBe(lines.at(-1)?.cursor);
      const texts = ndjson.toString().split('\n').slice(0, -1);
      expect(texts.map((text, at) => ndjsonLine(text, lines[at]?.line ?? 0))).toEqual(lines);
    }),
  );
});

const note = (step: string, line: number, text: string): LogEvent => ({
  type: 'note',
  text,
  position: { step, line, gap: true },
});

/** Archives two steps in several chunks and segments. @returns the number of chunks */
const writeSome = async (notes: LogEvent[]): Promise<number> => {
  const writer = new ArchiveWriter(location(), emptyIndex(), {
    chunkBytes: 1500,
    segmentBytes: 500,
    maxBytes: 1 << 20,
  });
  writer.add([{ type: 'plan', steps: ['clone', 'build'] }, ...notes]);
  for (const [step, count] of [
    ['clone', 25],
    ['build', 200],
  ] as const) {
    for (let at = 0; at < count; at += 5) {
      writer.add(
        Array.from({ length: 5 }, (_, next) => lineOf(step, at + next, `${nasty[(at + next) % nasty.length]} ${at}`)),
      );
      if (writer.isFull()) await writer.flush();
    }
    writer.add([{ type: 'done', step }]);
  }
  await writer.close('complete', undefined);
  return (await readIndex(location()))?.chunks.length ?? 0;
};

const end: LogEvent = { type: 'end', status: 'BUILD_SUCCESS', log: 'complete' };

/**
 * Sends log events as a response.
 * @returns the body as the client reads it, and the chunk encoding of each batch (undefined for a batch without a
 * chunk)
 */
const sent = async (
  encoder: Encoder,
  coding: ContentCoding,
  open: (chunkEncoding: ChunkEncoding) => LogEvents,
): Promise<{ body: string; encodings: (ChunkEncoding | undefined)[] }> => {
  const res = new PassThrough();
  const encodings: (ChunkEncoding | undefined)[] = [];
  async function* events(chunkEncoding: ChunkEncoding): LogEvents {
    for await (const batch of open(chunkEncoding)) {
      const [first] = batch;
      const isChunk = first?.type === 'chunk';
      encodings.push(isChunk ? (Buffer.isBuffer(first.ndjson) ? 'plain' : 'deflated') : undefined);
      yield batch;
    }
    yield [end];
  }
  const body = buffer(res);
  await writeLog(
    Object.assign(res, { writeHead: jest.fn() }) as unknown as ServerResponse,
    (_signal, chunkEncoding) => events(chunkEncoding),
    encoder,
    { selfCloseMs: 60_000, keepAliveMs: 60_000, signal: new AbortController().signal, coding },
  );
  const bytes = await body;
  return { body: (coding.encoding ? gunzipSync(bytes) : bytes).toString(), encodings };
};

test.each([
  ['without notes', []],
  [
    'with notes at the ends and in the middle',
    [note('clone', 0, 'first'), note('build', 77, 'within'), note('build', 200, 'last')],
  ],
] as [string, LogEvent[]][])(
  'an archive gives the same bytes in chunks as in lines, from any line on: %s',
  async (_name, notes) => {
    expect(await writeSome(notes)).toBeGreaterThan(10);
    const index = await readIndex(location());
    if (!index) throw new Error('the archive has no index');
    const seen = new Set<ChunkEncoding | undefined>();
    for (const start of [undefined, ...Array.from({ length: 29 }, (_, at) => ({ step: 'build', line: at * 7 }))]) {
      const lines = await collect(readArchive({ ...location(), index, start }));
      for (const encoder of Object.values(encoders)) {
        for (const coding of [identityCoding, createGzipCoding()]) {
          const { body, encodings } = await sent(encoder, coding, (chunkEncoding) =>
            readArchive({ ...location(), index, start, chunkEncoding }),
          );
          expect(body).toBe(encoder.encode([...lines, end]));
          for (const encoding of encodings) seen.add(encoding);
        }
      }
    }
    expect([...seen].sort()).toEqual(notes.length > 0 ? ['deflated', 'plain', undefined] : ['deflated', 'plain']);
  },
);

test('a reader holds a large compressed chunk only where there are few readers', async () => {
  const writer = new ArchiveWriter(location(), emptyIndex());
  const noise = Array.from({ length: 300 }, (_, at) => lineOf('build', at, randomBytes(600).toString('base64')));
  writer.add([{ type: 'plan', steps: ['build'] }, ...noise]);
  await writer.close('complete', undefined);
  const index = await readIndex(location());
  if (!index) throw new Error('the archive has no index');
  const open = (chunkEncoding: ChunkEncoding) => readArchive({ ...location(), index, chunkEncoding });
  const alone = await sent(encoders.ndjson, createGzipCoding(), open);
  const cache = cacheOf(store);
  for (let reader = 0; reader < 1000; reader += 1) cache.addReader();
  const amongMany = await sent(encoders.ndjson, createGzipCoding(), open);
  for (let reader = 0; reader < 1000; reader += 1) cache.removeReader();
  expect(new Set(alone.encodings)).toEqual(new Set(['deflated']));
  expect(new Set(amongMany.encodings)).toEqual(new Set(['plain']));
  expect(amongMany.body).toBe(alone.body);
});
