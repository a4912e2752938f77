import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { combineCrc } from '../../../../../lib/logs/wire/crc.ts';

const combined = (a: Uint8Array, b: Uint8Array): number => combineCrc(crc32(a), crc32(b), b.length);

test('property: as of both in one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      expect(combined(a, b)).toBe(crc32(Buffer.concat([a, b])));
    }),
  );
});

test('of more bytes than 32 bits count', () => {
  const zeros = Buffer.alloc(1 << 20);
  let [crc, size] = [crc32(zeros), zeros.length];
  for (; size <= 2 ** 32; size *= 2) crc = combineCrc(crc, crc, size);
  // The same, a mebibyte at a time.
  let slowly = 0;
  for (let at = 0; at < size / zeros.length; at += 1) slowly = combineCrc(slowly, crc32(zeros), zeros.length);
  expect(crc).toBe(slowly);
});
