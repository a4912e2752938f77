import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { removeFolder, removeFolderNow } from '../../../embedded/remove-folder.ts';
import { asOrdinaryUser, ordinaryUser } from '../../support/ordinary-user.ts';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'remove-folder-'));
  chownSync(place, ordinaryUser, ordinaryUser);
});
afterEach(() => rm(place, { recursive: true, force: true }));

/** Makes a folder with folders of several modes, which each have a file. */
const makeFolder = (modes: readonly number[]): string => {
  const folder = join(place, 'folder');
  const folders = modes.map((_, at) => join(folder, ...modes.slice(0, at + 1).map(String)));
  for (const path of folders) mkdirSync(path, { recursive: true });
  for (const path of folders) writeFileSync(join(path, 'file'), '');
  for (const [at, path] of [...folders.entries()].reverse()) chmodSync(path, modes[at] ?? 0);
  return folder;
};

test.each(['555', '000', '111/555'])(
  'a folder is removed although its owner may not change the folders %s in it',
  (modes) => {
    asOrdinaryUser(() => {
      const folder = makeFolder(modes.split('/').map((mode) => Number.parseInt(mode, 8)));
      removeFolderNow(folder);
      expect(existsSync(folder)).toBe(false);
    });
  },
);

test('a folder behind a link of a removed folder stays, and keeps its mode', () => {
  asOrdinaryUser(() => {
    const [folder, target] = [makeFolder([0o755]), join(place, 'target')];
    mkdirSync(target);
    symlinkSync(target, join(folder, 'link'));
    for (const path of [target, folder]) chmodSync(path, 0o555);
    removeFolderNow(folder);
    expect(existsSync(folder)).toBe(false);
    expect(statSync(target).mode & 0o777).toBe(0o555);
  });
});

test('a folder that does not exist, and a file, are removed without an error', async () => {
  const file = join(place, 'file');
  writeFileSync(file, '');
  for (const path of [join(place, 'none'), file]) removeFolderNow(path);
  await removeFolder(join(place, 'none'));
  expect(existsSync(file)).toBe(false);
});
