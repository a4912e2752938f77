import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openJournal } from '../../../../embedded/kubernetes/journal.ts';
import { startCluster, temporaryFolder } from '../../../support/kubernetes/cluster.ts';
import { ledger, ledgersPath } from '../../../support/kubernetes/objects.ts';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const file = () => join(folder, 'journal.jsonl');

/**
 * Opens the embedded API server's journal in the test's folder. The returned functions change an object and append the
 * change to the journal.
 */
const open = () => {
  const objects = new Map<string, string>();
  const journal = openJournal(folder, () => objects);
  for (const [key, json] of journal.state.objects) objects.set(key, json);
  let { version } = journal.state;
  return {
    objects,
    version: () => version,
    put(key: string, value: unknown) {
      version += 1;
      const json = JSON.stringify(value);
      objects.set(key, json);
      journal.append({ version, key, json });
    },
    drop(key: string) {
      version += 1;
      objects.delete(key);
      journal.append({ version, key, json: null });
    },
    close: () => journal.close(),
  };
};

test('a journal that is opened again has all objects and the version', () => {
  const first = open();
  first.put('a', 1);
  first.put('b', { deep: ['é\n'] });
  first.put('a', 2);
  first.drop('b');
  // The first journal is left open, like the journal of a process that ends by SIGKILL.
  const second = open();
  expect([...second.objects]).toEqual([['a', '2']]);
  expect(second.version()).toBe(4);
});

test('a journal that is cut off at any byte keeps every whole line and can be appended to', () => {
  const first = open();
  for (let at = 0; at < 5; at += 1) first.put(`k${at}`, { at });
  first.close();
  const whole = readFileSync(file());
  for (let length = 0; length <= whole.length; length += 1) {
    writeFileSync(file(), whole);
    truncateSync(file(), length);
    const again = open();
    const lines = whole.subarray(0, length).toString().split('\n').length - 1;
    expect(again.objects.size).toBe(lines);
    again.put('new', true);
    again.close();
    expect(open().objects.get('new')).toBe('true');
  }
});

test('a journal with a damaged line before its end cannot be opened', () => {
  const first = open();
  first.put('a', 1);
  appendFileSync(file(), 'nonsense\n');
  expect(() => open()).toThrow(/is damaged/);
});

test('a compaction loses nothing, even when the process ends between its two steps', () => {
  const first = open();
  const big = 'x'.repeat(100_000);
  const kept: Buffer[] = [];
  for (let at = 0; at < 60; at += 1) {
    const before = readFileSync(file());
    first.put(`k${at % 3}`, { at, big });
    if (statSync(file()).size < before.length) kept.push(before);
  }
  first.drop('k0');
  expect(kept.length).toBeGreaterThan(0);
  expect([...open().objects.keys()]).toEqual(['k1', 'k2']);
  // A process may end after it has written a snapshot and before it has emptied the journal. So the test restores the
  // old lines of the journal, which the snapshot already contains.
  const now = readFileSync(file());
  writeFileSync(file(), Buffer.concat([kept.at(-1) ?? Buffer.alloc(0), now]));
  expect(Object.fromEntries(open().objects)).toEqual(Object.fromEntries(first.objects));
});

test('an API server that starts again serves the same objects and continues the resourceVersions', async () => {
  const first = await startCluster({ folder });
  const { body } = await first.call('POST', ledgersPath, ledger('t', { a: 1 }));
  await first.call('POST', ledgersPath, ledger('u'));
  await first.call('DELETE', `${ledgersPath}/u`);
  await first.close();
  const second = await startCluster({ folder });
  expect((await second.call('GET', `${ledgersPath}/t`)).body).toEqual(body);
  const created = await second.call('POST', ledgersPath, ledger('v'));
  expect(Number(created.body.metadata.resourceVersion)).toBe(4);
  await second.close();
});
