import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatBytes, storageItem, usedShare } from '../../../../lib/registry/sizes.ts';

describe('formatBytes', () => {
  test.each([
    [0, '0B'],
    [1, '1B'],
    [1023, '1023B'],
    [1024, '1.00Ki'],
    [1536, '1.50Ki'],
    [1024 ** 2 - 1, '1.00Mi'],
    [1024 ** 2, '1.00Mi'],
    [1024 ** 3, '1.00Gi'],
    [5.5 * 1024 ** 3, '5.50Gi'],
    [1024 ** 4 * 2, '2.00Ti'],
    [1024 ** 6, '1024.00Pi'],
    [-1, '0B'],
  ])('formatBytes(%d) returns %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('formatBytes is exact to its last digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 2 ** 52 }), (bytes) => {
        const [, number, unit = ''] = /^([\d.]+)([KMGTP]i)$/.exec(formatBytes(bytes)) ?? [];
        const factor = 1024 ** (['Ki', 'Mi', 'Gi', 'Ti', 'Pi'].indexOf(unit) + 1);
        expect(Math.abs(Number(number) * factor - bytes)).toBeLessThanOrEqual(factor * 0.00501);
        expect(Number(number)).toBeLessThan(1024);
      }),
    );
  });
});

describe('storageItem', () => {
  const item = (usedBytes: number, limitBytes: number | undefined) => storageItem({ usedBytes, limitBytes });
  test('storageItem returns limit, use, rest and share', () => {
    expect(item(0.42 * 1024 ** 3, 1024 ** 3)).toEqual({
      name: 'Storage',
      limit: '1.00Gi',
      used: '430.08Mi',
      available: '593.92Mi',
      capacity: '42%',
    });
  });

  test('storageItem handles no limit, an exceeded limit and a limit of 0', () => {
    expect(item(1024, undefined)).toMatchObject({ limit: 'Unlimited', available: 'Unlimited', capacity: '0%' });
    expect(item(2048, 1024)).toMatchObject({ available: '0B', capacity: '200%' });
    expect(item(1023, 1024)).toMatchObject({ capacity: '99%' });
    expect(item(0, 0)).toMatchObject({ limit: '0B', capacity: '100%' });
    expect(usedShare({ usedBytes: 95, limitBytes: 100 })).toBe(0.95);
  });
});
