import { expect, test } from '@jest/globals';
import { PemMask } from '../../../../../lib/logs/masking/pem.ts';

const masked = (lines: readonly string[]): string[] => {
  const mask = new PemMask();
  return lines.map((line) => mask.push(line));
};

const body = 'z8AJ3GBzl0nsnf2sUOk4IcXTdYGcTlFWJ3ALyP0dtmXnOzQJUwcJ9cKXzVcLVlnW';

/** Lines that builds print at their start, some of which begin with the form of a key's body. */
const ordinary = [
  '    ClientCredentials: ClientCredentialsTTL,',
  'Requirement already satisfied',
  'added 120 packages in 3s',
  'Compiled',
  'RUNNING',
  'ok',
  '  dist/assets/index-BxY3kQ2a.js   143.20 kB',
  '  "next": "ServiceWorkerRegistration",',
  '[INFO] org.example.BuildServiceTest2Suite',
  'commit 9f2c1b7e9f2c1b7e9f2c1b7e9f2c1b7e9f2c1b7e',
];

test('at the start of a log, ordinary lines are left', () => {
  expect(masked(ordinary)).toEqual(ordinary);
});

test('after a line that only looks like a part of a key, ordinary lines are left', () => {
  expect(masked([body, ...ordinary])).toEqual(['[masked]', ...ordinary]);
});

test('the lines of a key without a beginning are masked to its end, the last short line too', () => {
  const lines = [body, body.toLowerCase().replace('z8', 'Z8'), 'q3Vt8A==', '-----END PRIVATE KEY-----', 'ok'];
  expect(masked(lines)).toEqual(['[masked]', '[masked]', '[masked]', '[masked]', 'ok']);
});
