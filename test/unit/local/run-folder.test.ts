import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { clearLeftRunFolders, makeRunFolder } from '../../../local/run-folder.ts';
import { asOrdinaryUser, ordinaryUser } from '../../support/ordinary-user.ts';

let place: string;

beforeEach(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), 'run-folder-')));
});
afterEach(() => rm(place, { recursive: true, force: true }));

/** Returns the path of a folder as a command would have it whose process has ended. */
const folderOfEnded = async (): Promise<string> => {
  const child = spawn('true');
  await once(child, 'close');
  const own = makeRunFolder(place);
  await rm(own, { recursive: true });
  return join(place, basename(own).replace(`-${process.pid}-`, `-${child.pid}-`));
};

test('the folder of a running command stays', async () => {
  const folder = makeRunFolder(place);
  clearLeftRunFolders(place);
  expect(await readdir(place)).toEqual([basename(folder)]);
});

test('the folder of a command that has ended is removed with its files, and its processes are killed', async () => {
  const folder = await folderOfEnded();
  mkdirSync(join(folder, 'git'), { recursive: true });
  writeFileSync(join(folder, 'git', 'HEAD'), '');
  const env = { PATH: process.env.PATH, TMPDIR: join(folder, 'tmp') };
  const left = spawn('sleep', ['600'], { env, detached: true, stdio: 'ignore' });
  const exit = once(left, 'exit');
  clearLeftRunFolders(place);
  await exit;
  expect(await readdir(place)).toEqual([]);
});

/** Makes left folders that can't be changed, clears them as a user who is not root, and returns what is said and left. */
const clearUnchangeable = async (mode: number): Promise<{ warnings: string[]; left: string[]; folder: string }> => {
  const folder = await folderOfEnded();
  chownSync(place, ordinaryUser, ordinaryUser);
  return asOrdinaryUser(() => {
    for (const name of ['', 'x']) mkdirSync(join(`${folder}${name}`, 'module'), { recursive: true });
    for (const name of ['', 'x']) chmodSync(join(`${folder}${name}`, 'module'), 0o555);
    chmodSync(place, mode);
    try {
      return { warnings: clearLeftRunFolders(place), left: readdirSync(place), folder };
    } finally {
      chmodSync(place, 0o755);
    }
  });
};

test('left folders are removed although they have folders that their owner may not change', async () => {
  expect(await clearUnchangeable(0o755)).toMatchObject({ warnings: [], left: [] });
});

test('a warning names each left folder that cannot be removed, and no error ends the command', async () => {
  const { warnings, left, folder } = await clearUnchangeable(0o555);
  expect(left).toHaveLength(2);
  expect(warnings.sort()).toEqual([
    expect.stringContaining(`Warning: ${folder} is left from an earlier command and can't be removed. EACCES`),
    expect.stringContaining(`Warning: ${folder}x is left from an earlier command and can't be removed. EACCES`),
  ]);
});

test('the folder of a process is removed when another process has its id now', async () => {
  const own = makeRunFolder(place);
  const other = basename(own).replace(/^(toolforge-builds-[0-9a-f]+-\d+)-\d+-/, '$1-1-');
  mkdirSync(join(place, other));
  clearLeftRunFolders(place);
  expect(await readdir(place)).toEqual([basename(own)]);
});

test('links, files and folders with other names stay, and nothing behind a link is removed', async () => {
  const folder = await folderOfEnded();
  const names = ['target', 'toolforge-builds-', 'toolforge-builds-ffffffffffff-1-1-aaaaaa', 'data'];
  for (const name of names) mkdirSync(join(place, name));
  writeFileSync(join(place, 'target', 'file'), '');
  symlinkSync(join(place, 'target'), folder);
  writeFileSync(`${folder}x`, '');
  clearLeftRunFolders(place);
  const expected = [...names, basename(folder), `${basename(folder)}x`];
  expect((await readdir(place)).sort()).toEqual(expected.sort());
  expect(await readdir(join(place, 'target'))).toEqual(['file']);
});
