import { expect, test } from '@jest/globals';
import { PemMask } from '../../../../../lib/logs/masking/pem.ts';
import { filled, work } from '../../../../support/work.ts';
import { lookAlikes } from './look-alikes.ts';

type State = 'at rest' | 'watching' | 'in a key';

const maskIn = (state: State): PemMask => {
  const mask = new PemMask();
  if (state !== 'watching') mask.rest();
  if (state === 'in a key') mask.open();
  return mask;
};

/** Returns the processor time that masking a line takes, in microseconds. */
const maskWork = (line: string, state: State, more: boolean): number => {
  const mask = maskIn(state);
  return work(() => mask.push(line, more));
};
const least = (line: string, state: State, more = false): number =>
  Math.min(...[1, 2, 3].map(() => maskWork(line, state, more)));

const benign = filled(lookAlikes.filter((line) => line.length < 200).join(' '));
least(benign, 'in a key');
/**
 * Limit of the processor time of one line, in microseconds. A mask of quadratic time takes some 500 times as long as the
 * masking of a benign line.
 */
const bound = 100 * least(benign, 'in a key');

const pieces = [
  ...['-', '- ', '-----', '-----B', '-----BEGIN ', '-----BEGIN A', '-----BEGIN PRIVATE KEY', '-----END ', '-----END A'],
  ...['-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----', '%2d', '\\u002d', '---- BEGIN SSH2', 'Private-Lines:'],
  ...[
    'Private-MAC: ',
    'Private-MAC:%20',
    '<RSAKeyValue',
    '\\u003cRSAKeyValue',
    '</RSAKeyValue>',
    '<\\\\\\/RSAKeyValue',
  ],
  ...[
    'UFJJVkFURSBLRV',
    'UFJJVkFURSBLRV.',
    'BSSVZBVEUgS0VZ ',
    '=',
    '= ',
    '=,',
    '+',
    '" +',
    '"+ ',
    ' #',
    ' // ',
    '\\',
    '%',
  ],
  ...[
    'a',
    'aB',
    'aBcd',
    'Abc9',
    'aB3/',
    'a/',
    '0a',
    ' ',
    ', ',
    '.',
    '1.',
    '1 ',
    '[',
    ']: ',
    '\u001b[m',
    '\u241b]',
    '\u200b',
  ],
];

test.each(pieces)('a line full of %j takes the mask for private keys about as long as any other line', (piece) => {
  for (const line of [filled(piece), `${filled(piece).slice(1)}!`])
    for (const state of ['at rest', 'watching', 'in a key'] as const)
      for (const more of [false, true])
        if (maskWork(line, state, more) > bound) expect(least(line, state, more)).toBeLessThan(bound);
});
