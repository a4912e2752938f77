import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CompactMap } from '../../../lib/compact-map.ts';

test('property: a compact map finds the value of each key that was added, and no other key', () => {
  const entries = fc.uniqueArray(fc.tuple(fc.string(), fc.integer({ min: 0, max: 127 })), {
    selector: ([key]) => key,
    maxLength: 60,
  });
  fc.assert(
    fc.property(entries, entries, (first, second) => {
      const map = new CompactMap();
      const added = new Map<string, number>();
      for (const part of [first, second]) {
        for (const [key, value] of part.filter(([name]) => !added.has(name))) {
          map.add(key, value);
          added.set(key, value);
        }
        for (const [key, value] of added) expect(map.get(key)).toBe(value);
        for (const [key] of added) expect(map.get(`${key}/other`)).toBe(added.get(`${key}/other`));
      }
    }),
    { numRuns: 50 },
  );
});

test('a compact map grows with its keys', () => {
  const map = new CompactMap();
  for (let at = 0; at < 5000; at += 1) map.add(`key ${at}`, at % 128);
  for (let at = 0; at < 5000; at += 1) expect(map.get(`key ${at}`)).toBe(at % 128);
  expect(map.get('key 5000')).toBeUndefined();
});
