// biome-ignore-all lint/suspicious/noControlCharactersInRegex: colours begin with a control character
import { expect, test } from '@jest/globals';
import { escapeControls } from '../../../../../lib/logs/masking/control-characters.ts';
import { corpora, readInnocent, readSecrets, type SecretSample } from '../../../../corpus/masking/load.ts';
import { maskStep } from './mask-lines.ts';

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
  const shown = visible(maskStep(lines).join('\n'));
  return parts.some((part) => shows(shown, part));
};

test('the corpora have 600 secrets of every kind and 600 innocent samples', () => {
  const secrets = corpora.flatMap((corpus) => readSecrets(corpus));
  expect(secrets.length).toBeGreaterThanOrEqual(600);
  expect(new Set(secrets.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(25);
  for (const { parts } of secrets) expect(parts.join('')).not.toBe('');
  expect(corpora.flatMap((corpus) => readInnocent(corpus)).length).toBeGreaterThanOrEqual(600);
});

test.each(corpora)('at least 95 %% of the secrets of the corpus “%s” are masked', (corpus) => {
  const secrets = readSecrets(corpus);
  const shown = secrets.filter(isShown);
  expect(shown.length / secrets.length).toBeLessThanOrEqual(0.05);
});

test.each(corpora)('at most 2 %% of the innocent samples of the corpus “%s” are changed', (corpus) => {
  const innocent = readInnocent(corpus);
  const changed = innocent.filter((lines) =>
    maskStep(lines).some((shown, at) => shown !== escapeControls(lines[at] ?? '')),
  );
  expect(changed.length / innocent.length).toBeLessThanOrEqual(0.02);
});

test('innocent lines stay as they are among each other, as the lines of one step', () => {
  const innocent = corpora.flatMap((corpus) => readInnocent(corpus)).flat();
  const shown = maskStep(innocent);
  const changed = innocent.filter((line, at) => shown[at] !== escapeControls(line));
  expect(changed.length / innocent.length).toBeLessThanOrEqual(0.02);
});
