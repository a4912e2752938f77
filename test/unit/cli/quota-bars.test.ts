import { expect, test } from '@jest/globals';
import { quotaBars } from '../../../cli/quota-bars.ts';
import { createTerminal } from '../../../cli/terminal.ts';

const shown = async (name: string, item: Record<string, string>): Promise<string> => {
  const quota = { name, item: { name: 'X', used: '', limit: '', available: '', capacity: '', ...item } };
  const [, line = ''] = await quotaBars([quota], createTerminal({}), () => undefined);
  return line.replace(/^.*[█░]+ */, '');
};

test.each([
  [
    'Registry',
    { limit: 'Unlimited', used: '1.50Gi', available: 'Unlimited', capacity: '0%' },
    '0 %   1.5 GiB, no limit',
  ],
  [
    'Registry',
    { limit: '1.00Gi', used: '12B', available: '1.00Gi', capacity: '0%' },
    '0 %   12 B of 1 GiB, 1 GiB free',
  ],
  ['Builds', { limit: '1', used: '1', available: '0', capacity: '100%' }, '100 %  1 of 1 build, 0 builds free'],
  [
    'Builds',
    { limit: '1', used: '\u001b[2J', available: '0', capacity: '200%' },
    '200 %  ␛[2J of 1 build, 0 builds free',
  ],
])('a quota of %s with %j is shown with its units', async (name, item, expected) => {
  expect(await shown(name, item)).toBe(expected);
});
