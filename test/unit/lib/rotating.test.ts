import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Rotating } from '../../../lib/rotating.ts';

let folder: string;
let now = 0;
let logged: unknown[][];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotating-'));
  [now, logged] = [0, []];
});
afterEach(() => rm(folder, { recursive: true }));

/** Reads a text of at least one character. */
const read = (path: string): { text: string } => {
  const text = readFileSync(path, 'utf8');
  if (text === '') throw new Error('empty');
  return { text };
};
const open = (path: string) => new Rotating({ path, read, log: (...line) => void logged.push(line), now: () => now });

/** Replaces the files of a volume as the kubelet does: a new folder, and one link that is renamed over the old link. */
const mountAs = async (version: string, content: string): Promise<void> => {
  await mkdir(join(folder, version));
  await writeFile(join(folder, version, 'key'), content);
  await symlink(version, join(folder, '..tmp'));
  await rename(join(folder, '..tmp'), join(folder, '..data'));
};

test('a file of a mounted Secret is read again when five seconds have passed, and not before', async () => {
  await mountAs('..1', 'first');
  await symlink(join('..data', 'key'), join(folder, 'key'));
  const file = open(join(folder, 'key'));
  await mountAs('..2', 'second');
  now = 4999;
  expect(file.value.text).toBe('first');
  now = 5000;
  expect(file.value.text).toBe('second');
  expect(logged).toEqual([]);
});

test('a refresh reads the file at once', async () => {
  await writeFile(join(folder, 'key'), 'first');
  const file = open(join(folder, 'key'));
  await writeFile(join(folder, 'key'), 'second');
  file.refresh();
  expect(file.value.text).toBe('second');
});

test('an unchanged content stays the same object', async () => {
  await writeFile(join(folder, 'key'), 'first');
  const file = open(join(folder, 'key'));
  const before = file.value;
  file.refresh();
  expect(file.value).toBe(before);
});

describe('the former content stays in use, and one line of the log says so, while the file', () => {
  test.each<[string, (path: string) => Promise<unknown>]>([
    ['is missing', unlink],
    ['is empty', (path) => writeFile(path, '')],
    ['is a folder', (path) => unlink(path).then(() => mkdir(path))],
  ])('%s', async (_, damage) => {
    const path = join(folder, 'key');
    await writeFile(path, 'first');
    const file = open(path);
    await damage(path);
    for (let times = 0; times < 3; times += 1) {
      now += 5000;
      expect(file.value.text).toBe('first');
    }
    expect(logged).toEqual([
      ['WARNING', 'a file can not be used, so its former content stays in use', { path, error: expect.anything() }],
    ]);
    await rm(path, { recursive: true, force: true });
    await writeFile(path, 'second');
    now += 5000;
    expect(file.value.text).toBe('second');
    await writeFile(path, '');
    file.refresh();
    expect(logged).toHaveLength(2);
    expect(await readFile(path, 'utf8')).toBe('');
  });
});

test('a file that can not be read at first is an error', () => {
  expect(() => open(join(folder, 'none'))).toThrow('ENOENT');
});
