import { expect, test } from '@jest/globals';
import { ListedArchives, readArchives } from '../../../../events/sweep/listed-archives.ts';
import type { Log } from '../../../../lib/log.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';

test('an archive without a build is found also where the ledger has the id of another build twice', () => {
  const archives = new ListedArchives();
  for (const id of ['known', 'gone']) archives.add({ ledger: 'a', id });
  expect(archives.takeOthers('a', ['known', 'known'])).toBe(true);
});

test('a ledger that has all builds with an archive has no others, however often it has their ids', () => {
  const archives = new ListedArchives();
  for (const id of ['one', 'one', 'two']) archives.add({ ledger: 'a', id });
  expect(archives.takeOthers('a', ['two', 'one', 'two', 'without-an-archive'])).toBe(false);
});

test('the archives are listed for half of the time that the sweep has left', async () => {
  let minutes = 6;
  const timeAt = (at: number) => new Date(at * 60 * 1000);
  const list = async function* () {
    for (; minutes < 100; minutes += 0.25) yield 'logs/a/b/index.json';
  };
  const logged: string[] = [];
  const log: Log = (_, message) => void logged.push(message);
  await readArchives({ list } as unknown as ObjectStore, log, () => timeAt(minutes), timeAt(8));
  expect(minutes).toBe(7);
  expect(logged).toEqual(['the archived logs were listed in part: there are too many for the time of a sweep']);
});

test('a list that is cut off each time reaches each archive in one of the next sweeps', async () => {
  const ledgers = ['0', 'a', 'a-b', 'k9', 'zz'];
  const found = new Set<string>();
  for (let sweep = 0; sweep < 1000 && found.size < ledgers.length; sweep += 1) {
    let keys = 0;
    const list = async function* (_: string, after = '') {
      for (const key of ledgers.map((ledger) => `logs/${ledger}/b/index.json`)) {
        if (key <= after) continue;
        keys += 1;
        yield key;
      }
    };
    // The time is over with the second key.
    const now = () => new Date(keys * 1000);
    const archives = await readArchives({ list } as unknown as ObjectStore, () => undefined, now, new Date(4000));
    for (const ledger of archives.ledgersLeft()) found.add(ledger);
  }
  expect([...found].sort()).toEqual([...ledgers].sort());
});
