import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createFolderStore } from '../../../../lib/store/folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string) => Buffer.from(text);
const text = (found: Uint8Array | undefined) => found && Buffer.from(found).toString();

const keys = async (prefix: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const key of createFolderStore(folder).list(prefix)) found.push(key);
  return found.sort();
};

test('a folder store returns a stored object, whole and in ranges', async () => {
  const store = createFolderStore(path.join(folder, 'made', 'when-needed'));
  await store.put('logs/tool/b-1/index.json', bytes('0123456789'));
  expect(text(await store.get('logs/tool/b-1/index.json'))).toBe('0123456789');
  expect(text(await store.get('logs/tool/b-1/index.json', { offset: 3, length: 4 }))).toBe('3456');
  expect(text(await store.get('logs/tool/b-1/index.json', { offset: 8, length: 100 }))).toBe('89');
  expect(text(await store.get('logs/tool/b-1/index.json', { offset: 50, length: 1 }))).toBe('');
});

test('a folder store returns undefined for a missing object, and removes it without an error', async () => {
  const store = createFolderStore(folder);
  expect(await store.get('a/b')).toBeUndefined();
  expect(await store.get('a/b', { offset: 0, length: 1 })).toBeUndefined();
  await store.remove('a/b');
  await store.put('a', bytes('file'));
  expect(await store.get('a/b')).toBeUndefined();
});

test.each([
  '',
  '/a',
  'a/',
  'a//b',
  '../a',
  'a/../b',
  '.hidden',
  'a/.b',
  'a\0b',
  'a b',
  'a'.repeat(201),
  'a/'.repeat(600),
])('a folder store refuses the key %j', async (key) => {
  const store = createFolderStore(folder);
  await expect(store.put(key, bytes('x'))).rejects.toThrow('invalid key');
  await expect(store.get(key)).rejects.toThrow('invalid key');
  await expect(store.remove(key)).rejects.toThrow('invalid key');
});

test('a folder store lists the keys that begin with a prefix', async () => {
  const store = createFolderStore(folder);
  for (const key of ['logs/a/1', 'logs/a/2/x', 'logs/ab/3', 'other']) await store.put(key, bytes(key));
  expect(await keys('logs/a/')).toEqual(['logs/a/1', 'logs/a/2/x']);
  expect(await keys('logs/a')).toEqual(['logs/a/1', 'logs/a/2/x', 'logs/ab/3']);
  expect(await keys('')).toHaveLength(4);
  expect(await keys('none/')).toEqual([]);
});

test('a folder store leaves no empty folders and no temporary files', async () => {
  const store = createFolderStore(folder);
  await store.put('logs/a/1', bytes('x'));
  expect(await readdir(path.join(folder, 'logs', 'a'))).toEqual(['1']);
  await store.remove('logs/a/1');
  expect(await readdir(folder)).toEqual([]);
});

test('a folder store keeps whole objects when many writers and removers work at once', async () => {
  const store = createFolderStore(folder);
  const values = Array.from({ length: 20 }, (_, at) => `${at}`.repeat(5000));
  await Promise.all(
    values.flatMap((value, at) => [
      store.put('logs/t/same', bytes(value)),
      store.put(`logs/t/${at}/own`, bytes(value)),
      store.remove(`logs/t/${(at + 7) % 20}/own`),
    ]),
  );
  expect(values).toContain(text(await store.get('logs/t/same')));
  for (const key of await keys('logs/t/')) expect(values).toContain(text(await store.get(key)));
});

test('an error of the file system becomes 503 log_unavailable with Retry-After and the cause', async () => {
  await writeFile(path.join(folder, 'file'), 'x');
  const store = createFolderStore(path.join(folder, 'file'));
  await expect(store.put('a', bytes('x'))).rejects.toMatchObject({
    status: 503,
    code: 'log_unavailable',
    retryAfter: 5,
    cause: { code: 'EEXIST' },
  });
});
