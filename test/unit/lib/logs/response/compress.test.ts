import { once } from 'node:events';
import { createGunzip, gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ContentCoding,
  createGzipCoding,
  deflateDataOf,
  gzipChunk,
  identityCoding,
} from '../../../../../lib/logs/response/compress.ts';

test('property: a gzip response decompresses to the bytes that were written', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })), (parts) => {
      const gzip = createGzipCoding();
      const wire = Buffer.concat([...parts.map((part) => gzip.write(Buffer.from(part))), gzip.end()]);
      expect(gunzipSync(wire)).toEqual(Buffer.concat(parts));
    }),
  );
});

test('property: chunks that were compressed before can be passed among bytes that are written', async () => {
  const part = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }), isPassed: fc.boolean() });
  const decoded = async (coding: ContentCoding, parts: { bytes: Uint8Array; isPassed: boolean }[]): Promise<Buffer> => {
    const sent: Buffer[] = [];
    for (const { bytes, isPassed } of parts)
      sent.push(
        isPassed ? coding.pass(deflateDataOf(await gzipChunk(Buffer.from(bytes)))) : coding.write(Buffer.from(bytes)),
      );
    const all = Buffer.concat([...sent, coding.end()]);
    return coding.encoding ? gunzipSync(all) : all;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(part), async (parts) => {
      const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
      expect((await decoded(createGzipCoding(), parts)).equals(whole)).toBe(true);
      expect((await decoded(identityCoding, parts)).equals(whole)).toBe(true);
    }),
  );
});

test('gzipChunk makes a complete gzip file', async () => {
  const bytes = Buffer.from('some lines\n'.repeat(10_000));
  expect(gunzipSync(await gzipChunk(bytes)).equals(bytes)).toBe(true);
});

test('a client can decompress each write as soon as the bytes have come', async () => {
  const gzip = createGzipCoding();
  const reader = createGunzip();
  for (const text of ['one\n', ' ', 'two\n']) {
    reader.write(gzip.write(Buffer.from(text)));
    const [read] = await once(reader, 'data');
    expect(String(read)).toBe(text);
  }
  reader.destroy();
});

test('responses with the same bytes share the compressed bytes', () => {
  const bytes = Buffer.from('the same '.repeat(100));
  const [one, two] = [createGzipCoding(), createGzipCoding()];
  one.write(Buffer.from('a'));
  two.write(Buffer.from('b'));
  expect(one.write(bytes)).toBe(two.write(bytes));
});
