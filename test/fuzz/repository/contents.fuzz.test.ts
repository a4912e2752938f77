import { expect } from '@jest/globals';
import fc from 'fast-check';
import { createCounter } from '../../../embedded/lifecycle/contents.ts';
import { fuzz } from '../fuzz.ts';

const entry = fc.record({
  type: fc.constantFrom('blob', 'tree', 'commit'),
  size: fc.oneof(fc.nat(1000), fc.maxSafeNat()),
  path: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.nat(4000).map((length) => 'a'.repeat(length + 1)),
  ),
});

fuzz(
  'the contents of a commit are counted in the same way wherever the output of git is cut',
  fc.tuple(fc.array(entry), fc.integer({ min: 1, max: 5000 })),
  ([entries, size]) => {
    const lines = entries.map(({ type, size, path }) => {
      const shown = type === 'blob' ? String(size) : '-';
      return `100644 ${type} ${'1'.repeat(40)} ${shown.padStart(7)}\t${path.replaceAll('\0', '')}\0`;
    });
    const output = Buffer.from(lines.join(''));
    const [whole, cut] = [createCounter(Number.MAX_SAFE_INTEGER), createCounter(Number.MAX_SAFE_INTEGER)];
    const isPassed = whole.add(output);
    let isCutPassed = false;
    for (let at = 0; at < output.length && !isCutPassed; at += size)
      isCutPassed = cut.add(output.subarray(at, at + size));
    expect(isCutPassed).toBe(isPassed);
    if (!isPassed) expect(cut.contents).toEqual(whole.contents);
    const count = (type: string) => entries.filter((one) => one.type === type).length;
    if (isPassed) return;
    expect(whole.contents).toMatchObject({ files: count('blob'), folders: count('tree') + count('commit') });
  },
);
