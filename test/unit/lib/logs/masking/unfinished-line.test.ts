import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSecretFinder, maskSpans } from '../../../../../lib/logs/masking/secret-finder.ts';
import { maskUnfinished } from '../../../../../lib/logs/masking/unfinished-line.ts';
import { expectWork, filled, leastWork } from '../../../../support/work.ts';
import { secrets as printedSecrets } from './secrets.ts';

const known = 'correct horse battery staple 9911';
const find = createSecretFinder([known]);

const mask = (state: string, overwritten = ''): string =>
  maskUnfinished(find, state, { overwritten, secrets: [known] });

test.each([
  '  45%|████▌     | 450/1000 [00:10<00:12, 44.5it/s]',
  'Downloading 12.5 MB / 93.1 MB',
  'Receiving objects:  45% (450/1000), 1.20 MiB | 2.40 MiB/s',
  'Fetching packages',
  '[#####.....] 3/10',
  '⠙ reify:lodash: timing',
  ' 12  345M   12 45.6M    0     0  11.2M      0  0:00:30  0:00:04  0:00:26 11.2M',
])('the state of the progress bar %s is shown as it is', (state) => {
  expect(mask(state)).toBe(state);
});

const samples = printedSecrets.filter(({ secret, line }) => line.includes(secret) && !line.includes('\n'));

const token = `ghp_${'aB3dE6gH9jK2mN5p'.repeat(3).slice(0, 36)}`;
const url = 'https://user:Xy7-pa55-w0rd-Zq@example.org/repository';
const key = `-----BEGIN RSA PRIVATE KEY-----\r${'MIIEpAIBAAKCAQEA7bq1'.repeat(4)}\r${'wQ9vX2rT5yU8iO1pA4s7'.repeat(4)}`;

/** Texts with a secret, and the parts of the secret that must not be shown. */
const secrets: readonly (readonly [text: string, secret: string])[] = [
  [`token ${token} is used`, token],
  [`cloning ${url} now`, 'Xy7-pa55-w0rd-Zq'],
  [`the value ${known} is known`, known],
  ['export API_TOKEN="Zx81 kq-77 Lm" done', 'Zx81 kq-77 Lm'],
  [`Authorization: Bearer ${token}`, token],
  [key, 'wQ9vX2rT5yU8iO1pA4s7'],
];

/** Says whether a shown text has a part of a secret of `length` characters or more. */
const shows = (shown: string, secret: string, length = 7): boolean =>
  Array.from({ length: Math.max(0, secret.length - length + 1) }, (_, at) => secret.slice(at, at + length)).some(
    (part) => shown.includes(part),
  );

test.each(secrets)('no part of the secret in %s is shown, wherever the line is cut by a mark', (text, secret) => {
  for (let end = 1; end <= text.length; end += 1) {
    const [state = '', ...before] = text.slice(0, end).split('\r').reverse();
    const overwritten = before
      .reverse()
      .map((part) => `${part}\r`)
      .join('');
    expect([end, shows(mask(state, overwritten), secret)]).toEqual([end, false]);
  }
});

test.each(samples)(
  'no part of 8 characters of the secret $name is shown that the finished line does not show',
  ({ secret, line }) => {
    const finished = maskSpans(line, find(line));
    // The first characters of some secrets are a fixed word.
    const parts = Array.from({ length: Math.max(0, secret.length - 9) }, (_, at) => secret.slice(at + 2, at + 10));
    const hidden = parts.filter((part) => !finished.includes(part));
    for (let end = 1; end <= line.length; end += 1) {
      const shown = mask(line.slice(0, end));
      expect([end, hidden.filter((part) => shown.includes(part))]).toEqual([end, []]);
    }
  },
);

test('property: no part of a token is shown that carriage returns split at any places', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: token.length - 1 }), { minLength: 1, maxLength: 3 }), (places) => {
      const sorted = [...new Set(places)].sort((a, b) => a - b);
      const states = [0, ...sorted].map((from, at) => token.slice(from, sorted[at]));
      for (let end = 1; end <= states.length; end += 1) {
        const overwritten = states
          .slice(0, end - 1)
          .map((state) => `${state}\r`)
          .join('');
        expect(shows(mask(states[end - 1] ?? '', overwritten), token)).toBe(false);
      }
    }),
  );
});

test('a state takes about as long to mask as any other state', () => {
  const bound = 100 * leastWork(() => mask(filled('Fetching packages ', 60_000)));
  for (const piece of ['1', '1-', 'a', '/', known, known.slice(0, 8)])
    expectWork(() => mask(filled(piece, 60_000)), bound);
});
