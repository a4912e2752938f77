import { crc32 } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { combineCrc } from '../../../../../lib/logs/response/crc.ts';

const combined = (a: Uint8Array, b: Uint8Array): number => combineCrc(crc32(a), crc32(b), b.length);

test('property: combineCrc gives the CRC-32 of both byte sequences in a row', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.uint8Array({ maxLength: 3000 }), (a, b) => {
      expect(combined(a, b)).toBe(crc32(Buffer.concat([a, b])));
    }),
  );
});

test('combineCrc is right for more than 4 GiB', () => {
  const zeros = Buffer.alloc(1 << 20);
  let [crc, size] = [crc32(zeros), zeros.length];
  for (; size <= 2 ** 32; size *= 2) crc = combineCrc(crc, crc, size);
  // The expected checksum is built up slowly, from one mebibyte after the other, without the doubling that is tested.
  let slowly = 0;
  for (let at = 0; at < size / zeros.length; at += 1) slowly = combineCrc(slowly, crc32(zeros), zeros.length);
  expect(crc).toBe(slowly);
});
