// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the tests are about terminal colours
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSecretFinder, nothingNamed } from '../../../../../lib/logs/masking/secret-finder.ts';
import { createTrackedSecrets } from '../../../../../lib/logs/masking/tracked-secrets.ts';
import { readSecrets } from '../../../../corpus/masking/load.ts';
import { filled, work } from '../../../../support/work.ts';
import { lookAlikes } from './look-alikes.ts';
import { asMasked, asPrinted, maskLines } from './mask-lines.ts';
import { a } from './secrets.ts';

const findSecrets = createSecretFinder([]);
const colour = (text: string): string => `\u001b[32m${text}\u001b[0m`;

describe('colours do not hide what earlier lines tell', () => {
  test.each([
    [['user,password', 'tool,‹sunshine›']],
    [['privateExponent:', '    ‹01:02:03:04:›']],
    [['The password of the user is:', `  ‹${a(20, 1)}›`]],
    [['+ wg genkey', `‹${a(43, 2)}=›`]],
  ])('%j', (lines) => {
    const shown = maskLines(lines.map((line) => colour(asPrinted(line))));
    expect(shown.map((line) => line.replaceAll(/\u001b\[\d*m/g, ''))).toEqual(lines.map(asMasked));
  });
});

test('each line after which a tracker is not at rest has a keyword, so that no tracker misses the line', () => {
  const lines = readSecrets('tools').flatMap((sample) => sample.lines);
  for (const line of lines) {
    const tracked = createTrackedSecrets((text) => [...findSecrets(text)]);
    tracked.find(line);
    if (!tracked.isAtRest && !/\\$/.test(line))
      expect([line, findSecrets(line) === nothingNamed]).toEqual([line, false]);
  }
});

test('property: trackers at rest find in later lines what trackers find that have seen no line', () => {
  const line = fc.constantFrom(
    ...[
      'a line',
      '',
      '----',
      'user,password',
      'tool,sunshine',
      'priv:',
      '    01:02:03',
      'The password is:',
      'Tr0ub4dor-9',
    ],
    ...[
      '+ wg genkey',
      `${a(43, 3)}=`,
      'password:',
      'Recovery codes:',
      'abcd1-ef234',
      '"db_password": {',
      '"value": "sunshine"',
    ],
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(line, { maxLength: 12 }), (first, later) => {
      const tracked = createTrackedSecrets(findSecrets);
      for (const text of first) tracked.find(text);
      fc.pre(tracked.isAtRest);
      const fresh = createTrackedSecrets(findSecrets);
      for (const text of later) expect(tracked.find(text)).toEqual(fresh.find(text));
    }),
  );
});

const pieces = [
  ...[
    ',',
    ';',
    '\t',
    '|',
    '  ',
    ' | ',
    'a,',
    '"',
    '"a",',
    "'",
    'a  ',
    '-',
    '=',
    '00:',
    'password,',
    'password:',
    'password ',
  ],
  ...[
    '+ ',
    '$ ',
    'x$ ',
    '> cat password ',
    '*',
    '(1) ',
    'value: ',
    '"value": "',
    '\\',
    '#1 0.1 ',
    '2026-11-28T01:02:03 ',
    '{',
    ':',
  ],
];
/** Lines that bring the trackers out of their rest. */
const openings = [
  '',
  'user,password',
  'user | password',
  'user  password',
  'priv:',
  'The password is:',
  '"password": {',
];

/** Returns the processor time that the trackers take for a line after another, in microseconds. */
const trackWork = (opening: string, line: string): number => {
  const tracked = createTrackedSecrets(findSecrets);
  tracked.find(opening);
  return work(() => tracked.find(line));
};
const least = (opening: string, line: string): number => Math.min(...[1, 2, 3].map(() => trackWork(opening, line)));
const benign = filled(lookAlikes.filter((line) => line.length < 200).join(' '));
least('', benign);
/** Limit of the processor time, in microseconds. Quadratic time would take some 500 times as long as a benign line. */
const bound = 100 * least('', benign);

test.each(pieces)('a line full of %j takes the trackers about as long as any other line', (piece) => {
  for (const opening of openings)
    for (const line of [filled(piece), `${filled(piece).slice(1)}!`, `password${filled(piece).slice(9)}:`])
      if (trackWork(opening, line) > bound) expect(least(opening, line)).toBeLessThan(bound);
});
