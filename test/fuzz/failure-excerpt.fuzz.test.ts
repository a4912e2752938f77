import { expect } from '@jest/globals';
import fc from 'fast-check';
import { excerptOf, maxKeptBytes } from '../../embedded/lifecycle/failure-excerpt.ts';
import { maskExcerpt } from '../../lib/logs/masking/failure-excerpt.ts';
import { outputs } from '../unit/lib/logs/masking/outputs.ts';
import { fuzz } from './fuzz.ts';

const expectHidden = (shown: string, hidden: readonly string[]): void => {
  for (const part of hidden) expect(shown).not.toContain(part);
};

fuzz('the excerpt of an output shows no end of a secret', outputs, ({ text, hidden }) =>
  expectHidden(maskExcerpt(excerptOf(Buffer.from(text).subarray(-maxKeptBytes))), hidden),
);

fuzz('an output that was cut at any byte shows no end of a secret', fc.tuple(outputs, fc.nat()), ([output, place]) => {
  const bytes = Buffer.from(output.text);
  expectHidden(maskExcerpt(bytes.subarray(place % (bytes.length + 1)).toString()), output.hidden);
});

fuzz('an excerpt has at most 1,000 bytes', fc.uint8Array({ maxLength: 5000 }), (bytes) => {
  const output = Buffer.from(bytes);
  expect(Buffer.byteLength(excerptOf(output))).toBeLessThanOrEqual(1000);
});
