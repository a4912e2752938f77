import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSecretFinder } from '../../../../../lib/logs/masking/secret-finder.ts';
import { maxLineLength } from '../../../../../lib/logs/pod/line-splitter.ts';
import { StepLines } from '../../../../../lib/logs/pod/step-lines.ts';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';
import { secrets } from './secrets.ts';

const known = 'correct-horse-battery-staple';
const findSecrets = createSecretFinder([known]);
const open = () => new StepLines({ tag: 'aaaaaaaa', step: 'build', findSecrets });
const time = '2026-11-22T08:02:11.123456789Z ';

/** Returns the text that a reader sees of a step's output, in all formats. */
const shown = (parts: readonly Uint8Array[]): string => {
  const lines = open();
  const events = [...parts.flatMap((part) => lines.push(part)), ...lines.finish()];
  return Object.values(encoders)
    .map(({ encode }) => encode(events))
    .join('');
};

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const sorted = [0, ...places.map((place) => place % bytes.length).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((to, at) => bytes.subarray(sorted[at], to));
};

/** Generates bytes that are not UTF-8, incomplete characters, colours and carriage returns, without a line feed. */
const noise = fc
  .array(
    fc.constantFrom('ff', 'c3', 'e282', 'f09f98', '80', '0d', '1b5b33316d', '20', 'c3a9', '61', 'e282ac', '00', '9b'),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.from(parts.join(''), 'hex'));

const lineWith = (text: string, before: Buffer, after: Buffer): Buffer =>
  Buffer.concat([Buffer.from(time), before, Buffer.from(` ${text} `), after, Buffer.from('\n')]);

const line = fc.record({ sample: fc.constantFrom(...secrets), before: noise, after: noise });

/**
 * Returns the last eight characters of a secret without its colours. A masked log must not contain these characters.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with a control character
const tailOf = (secret: string): string => secret.replaceAll(/\u001b\[[0-9;]*m/g, '').slice(-8);

test('property: the same lines are shown however the bytes are cut, and no secret', () => {
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (lines, places) => {
        const bytes = Buffer.concat(lines.map(({ sample, before, after }) => lineWith(sample.line, before, after)));
        const whole = shown([bytes]);
        expect(shown(cutAt(bytes, places))).toBe(whole);
        for (const { sample } of lines) expect(whole).not.toContain(tailOf(sample.secret));
      },
    ),
    { numRuns: 200 },
  );
});

test('property: a secret is masked anywhere in a line that is shown in parts', () => {
  const place = fc.integer({ min: -200, max: 200 });
  fc.assert(
    fc.property(
      fc.constantFrom(...secrets),
      place,
      fc.integer({ min: 1, max: 3 }),
      noise,
      (sample, offset, part, end) => {
        const before = Buffer.alloc(part * maxLineLength + offset, '. ');
        const bytes = lineWith(sample.line, before, Buffer.concat([Buffer.alloc(70_000, ' .'), end]));
        expect(shown(cutAt(bytes, [1000, 65_536, 131_072, 200_000]))).not.toContain(tailOf(sample.secret));
      },
    ),
    { numRuns: 60 },
  );
});

test('a known secret is masked in every encoding between bytes that are not UTF-8', () => {
  const forms = [known, encodeURIComponent(known), Buffer.from(`robot:${known}`).toString('base64')];
  for (const form of forms) {
    const bytes = Buffer.concat([
      Buffer.from(`${time}x`),
      Buffer.of(0xff, 0xc3),
      Buffer.from(form),
      Buffer.of(0xe2, 10),
    ]);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const all = shown([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(all).toContain('[masked]');
      expect(all).not.toContain(form.slice(-12));
    }
  }
});

test('property: nothing of a known secret is shown among the lines of a private key', () => {
  const random = fc.nat(1_000_000).map((seed) => `aB3dE6gH9xQ7${seed}Zk`.repeat(3));
  const marks = fc.constantFrom('#', ' ', ':', '!', ',', '(', '$', '-', '"', '%');
  const values = fc.tuple(
    fc.constantFrom('tail9', 'user-7'),
    marks,
    random,
    marks,
    fc.constantFrom('end-of7', 'more_8'),
  );
  const begin = fc.constantFrom('', '-----BEGIN RSA PRIVATE KEY-----', 'Error: no -----BEGIN PRIVATE KEY----- found');
  fc.assert(
    fc.property(values, begin, fc.nat(3), (parts, first, between) => {
      const value = parts.join('');
      const lines = [first, ...Array<string>(between).fill('MIIEpAIBAAKCAQEA7bqMIIEpAIB'), value, `note: ${value} end`];
      const step = new StepLines({ tag: 'aaaaaaaa', step: 'build', findSecrets: createSecretFinder([value]) });
      const events = [...step.push(Buffer.from(lines.map((text) => `${time}${text}\n`).join(''))), ...step.finish()];
      const all = encoders.ndjson.encode(events).toString();
      for (const part of [parts[0], parts[2].slice(-6), parts[4]]) expect(all).not.toContain(part);
    }),
    { numRuns: 200 },
  );
});

test('a secret is masked although grep --color has put sequences into it', () => {
  const token = `ghp_\u001b[m\u001b[K${'aB3'.repeat(12)}`;
  const all = shown([Buffer.from(`${time}a \u001b[01;31m\u001b[K${token} b\n`)]);
  expect(all).toContain('[masked] b');
  expect(all).not.toContain('aB3aB3');
});

test('a line of 10 MB is shown in parts while it comes, with its secret masked', () => {
  const token = `ghp_${'aB3'.repeat(12)}`;
  const bytes = Buffer.concat([
    Buffer.from(time),
    Buffer.alloc(4_999_990, 'x '),
    Buffer.from(token),
    Buffer.alloc(5_000_000, ' y'),
    Buffer.from('\n'),
  ]);
  const lines = open();
  let out = 0;
  const texts: string[] = [];
  const take = (events: LogEvent[]) => {
    for (const event of events) if (event.type === 'line') texts.push(event.text);
    out = texts.reduce((sum, text) => sum + text.length, 0);
  };
  for (let at = 0; at < bytes.length; at += 32_768) {
    take(lines.push(bytes.subarray(at, at + 32_768)));
    expect(at - out).toBeLessThan(3 * maxLineLength);
  }
  const all = texts.join('');
  expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(maxLineLength);
  expect(all).toContain('[masked]');
  expect(all).not.toContain('aB3');
  expect(all.length).toBe(bytes.length - time.length - 1 - token.length + '[masked]'.length);
});
