import { expect, test } from '@jest/globals';
import { createGrep } from '../../../../../lib/logs/query/grep.ts';

const hostile = 'ab1'.repeat(20_000);
const lineOf = (text: string) => ({ text });

test.each(['\\pL{980}', '(?i)\\pL{900}', '\\pL{81}', '(?:\\pL{30}){31}', '(?:\\pL{9}){9}', '\\pL{1000}'.repeat(20)])(
  'createGrep refuses %s, which repeats too much',
  (pattern) => {
    expect(() => createGrep(pattern)).toThrow(/repeats too much/);
  },
);

test('a search gives other work its turn within a long line, also when several readers search', async () => {
  let ms = 0;
  const now = () => {
    ms += 3;
    return ms;
  };
  const grep = createGrep('(?i)\\pL.{40}[Zq]', { now });
  let turns = 0;
  let done = false;
  const others = (): void => {
    turns += 1;
    if (!done) setImmediate(others);
  };
  setImmediate(others);
  expect(await Promise.all([grep([lineOf(hostile)]), grep([lineOf(hostile)])])).toEqual([[], []]);
  done = true;
  // Each of the two readers searches its line in some forty windows. A window takes 3 ms by the test's clock and a turn
  // is due after 5 ms, so other work has a turn after every second window at the latest.
  expect(turns).toBeGreaterThan(35);
});

test('a search that takes too long for one reader is refused with 400', async () => {
  let ms = 0;
  const now = () => {
    ms += 1000;
    return ms;
  };
  let turns = 0;
  const turn = async () => {
    turns += 1;
  };
  const grep = createGrep('error', { now, turn });
  const search = async (): Promise<never> => {
    for (;;) await grep([lineOf('ok')]);
  };
  await expect(search()).rejects.toMatchObject({ status: 400, message: expect.stringContaining('takes too long') });
  expect(turns).toBe(30);
});

test('grep finds a match anywhere in a long line', async () => {
  const grep = createGrep('needle in (a|the) haystack');
  for (let at = 0; at < 8000; at += 7) {
    const line = lineOf(`${'.'.repeat(at)}needle in the haystack${'.'.repeat(8000 - at)}`);
    expect(await grep([lineOf('hay'), line])).toEqual([line]);
  }
});

test.each(['(?:a?){20}a{20}!', '(?:(?:a|b)*){20}!$', '(?:[ab]?){30}!', '(a*)*[!]', '(.*.*.*.*)*!'])(
  'grep searches to the end with the hostile pattern %s',
  async (pattern) => {
    const last = lineOf(`${'a'.repeat(20)}!`);
    expect(await createGrep(pattern)([lineOf('ab'.repeat(32_768)), last])).toEqual([last]);
  },
);
