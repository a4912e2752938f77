import { expect, test } from '@jest/globals';
import { ListedArchives } from '../../../../events/sweep/listed-archives.ts';

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
