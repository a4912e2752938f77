import { describe, expect, test } from '@jest/globals';
import { createLineMask } from '../../../../../lib/logs/masking/line-mask.ts';
import { createSecretFinder } from '../../../../../lib/logs/masking/secret-finder.ts';
import { maskLines } from './mask-lines.ts';

const token = `ghp_${'aB3dE'.repeat(8)}`;
const key = Array.from({ length: 12 }, (_, at) => `${'QmFzZTY0'.repeat(9)}${String(at).padStart(4, '0')}`);

describe('a value in the line after its name is masked', () => {
  test.each([
    [
      ['password:', '  Tr0ub4dor-9'],
      ['password:', '  [masked]'],
    ],
    [
      ['"password":', '   "Tr0ub4dor-9",'],
      ['"password":', '   "[masked]",'],
    ],
    [
      ['secret_key: >-', `  ${'aB3dE'.repeat(8)}`],
      ['secret_key: >-', '  [masked]'],
    ],
    [
      ['- name: DB_PASSWORD', '  value: Tr0ub4dor-9'],
      ['- name: DB_PASSWORD', '  value: [masked]'],
    ],
    [
      ['docker login --password \\', '   Tr0ub4dor-9 registry'],
      ['docker login --password \\', '   [masked] registry'],
    ],
    [
      ['export API_SECRET=\\', 'aB3dE6gH9aB3'],
      ['export API_SECRET=\\', '[masked]'],
    ],
    [
      ['<password>', '  Tr0ub4dor-9'],
      ['<password>', '  [masked]'],
    ],
    [
      ['<key>Password</key>', '<string>opensesame!</string>'],
      ['<key>Password</key>', '<string>[masked]</string>'],
    ],
  ])('%j', (lines, expected) => expect(maskLines(lines)).toEqual(expected));
});

describe('lines after a name or after a backslash stay as they are', () => {
  test.each([
    [['secrets:', '  db1: file']],
    [['password:', 'Downloading 12 packages']],
    [['tokens:', '  - name: one']],
    [['gcc -O2 \\', '  -o token.o token.c']],
    [['Enter password:', '']],
    [['Checking the token', 'value: 12']],
    [['DB_PASSWORD=', 'APP_KEY=']],
    [['npm_config__auth=', 'npm_config_cache=/tmp/Npm-Cache1']],
    [['RuleID:  generic-api-key', 'Fingerprint: 0a1b2c3d4e5f:src/a.py:api-key:12']],
    [['password', 'npm warn deprecated abc@1.2.3']],
  ])('%j', (lines) => expect(maskLines(lines)).toEqual(lines));
});

test('a token that is folded over two lines is masked in the second line', () => {
  const line = `the log of the pipeline printed the token ${token}`;
  for (let cut = line.length - 30; cut < line.length - 8; cut += 1)
    expect(maskLines([line.slice(0, cut), line.slice(cut), 'done']).slice(1)).toEqual(['[masked]', 'done']);
});

test('a token that is folded over many lines is masked to its end, and the lines after it are shown', () => {
  const shown = maskLines([
    `using the token of the registry: password=${key.join('')}`.slice(0, 80),
    ...key,
    'Done',
    'Step 2',
  ]);
  expect(shown.slice(1)).toEqual([...key.map(() => '[masked]'), 'Done', 'Step 2']);
});

test('a secret at the end of a line masks nothing in an ordinary next line', () => {
  const first = `+ curl -fsSL -H X-Custom: https://example.org/?token=${token}`;
  for (const next of [
    'Downloading 12 packages',
    'Done',
    '====',
    'src/auth/token.ts',
    'webpack 5.96.1 compiled',
    'v1.2.3',
  ])
    expect(maskLines([first, next])[1]).toBe(next);
});

test('the state lasts for one line, and a mask is at rest without it', () => {
  const mask = createLineMask<{ text: string; more?: boolean }>(createSecretFinder([]), () => undefined);
  expect(mask.isAtRest).toBe(true);
  mask.push({ text: 'password:' });
  expect(mask.isAtRest).toBe(false);
  mask.push({ text: 'an ordinary line' });
  expect(mask.isAtRest).toBe(true);
  mask.push({ text: 'a part', more: true });
  expect(mask.isAtRest).toBe(false);
  mask.push({ text: 'the rest' });
  expect(mask.isAtRest).toBe(true);
});

test('lines that each leave a name open take no longer than their own length', () => {
  const lines = Array.from({ length: 2000 }, () => `${'password '.repeat(60)}\\`);
  expect(maskLines(lines)).toHaveLength(2000);
});
