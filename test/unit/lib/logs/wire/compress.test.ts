import { once } from 'node:events';
import { createGunzip, gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  acceptsGzip,
  type ContentCoding,
  createGzipCoding,
  deflateDataOf,
  gzipChunk,
  identityCoding,
} from '../../../../../lib/logs/wire/compress.ts';

test('property: what was written is what is read', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 })), (parts) => {
      const gzip = createGzipCoding();
      const wire = Buffer.concat([...parts.map((part) => gzip.write(Buffer.from(part))), gzip.end()]);
      expect(gunzipSync(wire)).toEqual(Buffer.concat(parts));
    }),
  );
});

test('property: blocks of members that were made before, passed among what is written', async () => {
  const part = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }), isPassed: fc.boolean() });
  const unpacked = async (wire: ContentCoding, parts: { bytes: Uint8Array; isPassed: boolean }[]): Promise<Buffer> => {
    const sent: Buffer[] = [];
    for (const { bytes, isPassed } of parts)
      sent.push(
        isPassed ? wire.pass(deflateDataOf(await gzipChunk(Buffer.from(bytes)))) : wire.write(Buffer.from(bytes)),
      );
    const all = Buffer.concat([...sent, wire.end()]);
    return wire.encoding ? gunzipSync(all) : all;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(part), async (parts) => {
      const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
      expect((await unpacked(createGzipCoding(), parts)).equals(whole)).toBe(true);
      expect((await unpacked(identityCoding, parts)).equals(whole)).toBe(true);
    }),
  );
});

test('a member is a gzip file', async () => {
  const bytes = Buffer.from('some lines\n'.repeat(10_000));
  expect(gunzipSync(await gzipChunk(bytes)).equals(bytes)).toBe(true);
});

test('each piece can be read as soon as it is there', async () => {
  const gzip = createGzipCoding();
  const reader = createGunzip();
  for (const text of ['one\n', ' ', 'two\n']) {
    reader.write(gzip.write(Buffer.from(text)));
    const [read] = await once(reader, 'data');
    expect(String(read)).toBe(text);
  }
  reader.destroy();
});

test('readers of the same bytes share them compressed', () => {
  const bytes = Buffer.from('the same '.repeat(100));
  const [one, two] = [createGzipCoding(), createGzipCoding()];
  one.write(Buffer.from('a'));
  two.write(Buffer.from('b'));
  expect(one.write(bytes)).toBe(two.write(bytes));
});

test.each([
  ['gzip, deflate', true],
  ['GZIP;q=0.5', true],
  ['*', true],
  ['br', false],
  ['gzip;q=0, *', false],
  ['', false],
  [undefined, false],
])('Accept-Encoding: %s', (accept, taken) => expect(acceptsGzip(accept)).toBe(taken));
