// biome-ignore-all lint/suspicious/noControlCharactersInRegex: colours begin with a control character
import { expect, test } from '@jest/globals';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { createLineMask } from '../../../../../lib/logs/masking/line-mask.ts';
import { PemMask } from '../../../../../lib/logs/masking/pem.ts';
import { createSecretFinder } from '../../../../../lib/logs/masking/secret-finder.ts';
import { readInnocent, readSecrets, type SecretSample } from '../../../../corpus/masking/load.ts';

const findSecrets = createSecretFinder([]);

/** Masks the lines of a step as a reader sees them. */
const maskLines = (lines: readonly string[]): string => {
  const shown: string[] = [];
  const pem = new PemMask();
  const mask = createLineMask<{ text: string }>(findSecrets, ({ text }) => shown.push(text));
  for (const line of lines) mask.push({ text: pem.push(escapeControls(line)) });
  return shown.join('\n');
};

/** Removes what a reader does not see, so that a secret can't hide from the test. */
const visible = (text: string): string =>
  text.replaceAll(
    /\u001b\[[0-9;:]*m|\u241b\][^\u2407\u241b]*(?:\u2407|\u241b\\)|\u241b\[[0-9;]*[A-Za-z]|[\u00ad\u200b-\u200f\ufeff\u2400]/g,
    '',
  );

/** Says whether a text shows six characters of a secret in a row, or all of a shorter one. */
const shows = (text: string, secret: string): boolean => {
  const length = Math.min(6, secret.length);
  return Array.from({ length: secret.length - length + 1 }, (_, at) => secret.slice(at, at + length)).some((run) =>
    text.includes(run),
  );
};

const isShown = ({ lines, parts }: SecretSample): boolean => {
  const shown = visible(maskLines(lines));
  return parts.some((part) => shows(shown, part));
};

const halves = ['development', 'held-out'] as const;

test('the corpora have 300 secrets of every kind and 300 innocent lines', () => {
  const secrets = halves.flatMap((half) => readSecrets(half));
  expect(secrets.length).toBeGreaterThanOrEqual(300);
  expect(new Set(secrets.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(15);
  for (const { parts } of secrets) expect(parts.join('')).not.toBe('');
  expect(halves.flatMap((half) => readInnocent(half)).length).toBeGreaterThanOrEqual(300);
});

test.each(halves)('at least 95 %% of the secrets of the %s half are masked', (half) => {
  const secrets = readSecrets(half);
  const shown = secrets.filter(isShown);
  expect(shown.length / secrets.length).toBeLessThanOrEqual(0.05);
});

test.each(halves)('at most 2 %% of the innocent lines of the %s half are changed', (half) => {
  const innocent = readInnocent(half);
  const changed = innocent.filter((line) => maskLines([line]) !== escapeControls(line));
  expect(changed.length / innocent.length).toBeLessThanOrEqual(0.02);
});

test('innocent lines stay as they are among each other, as the lines of one step', () => {
  const innocent = halves.flatMap((half) => readInnocent(half));
  const shown = maskLines(innocent).split('\n');
  const changed = innocent.filter((line, at) => shown[at] !== escapeControls(line));
  expect(changed.length / innocent.length).toBeLessThanOrEqual(0.02);
});
