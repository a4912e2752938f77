import { expect } from '@jest/globals';
import fc from 'fast-check';
import { readAptfile } from '../../support/buildpacks.ts';
import { fuzz } from '../fuzz.ts';
import { mutated } from '../mutated.ts';

const words = fc.oneof(
  fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{0,8}$/),
  fc.constantFrom('#', '#x', '-o=x', 'a=1', 'a/b', ':repo:x', './a.deb', '$(x)', 'a;b', '*', '\r'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const lines = fc
  .array(fc.tuple(words, fc.constantFrom(' ', '\n', '\r\n', '\t')), { maxLength: 12 })
  .map((parts) => Buffer.from(parts.map((part) => part.join('')).join('')));

const samples = ['# tools\nlibpq-dev\nffmpeg # for thumbnails\n', '\ufeffg++\r\n  python3.11\tcurl\r\n', 'a1'];

fuzz(
  'every Aptfile gives names of packages that stand in it, or a sentence that says what is wrong',
  fc.oneof(mutated(...samples), lines),
  (aptfile) => {
    const names = readAptfile(aptfile);
    if (typeof names === 'string') {
      expect(names).toMatch(/^ERROR: .*Aptfile.*\nERROR: [\x20-\x7e]+\n$/);
      return;
    }
    expect(new Set(names).size).toBe(names.length);
    const text = aptfile.toString('latin1');
    for (const name of names) {
      expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]*[a-z0-9+.]$/);
      expect(text).toContain(name);
    }
  },
);
