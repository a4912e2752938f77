import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { lockFolder } from '../../../local/lock-folder.ts';
import { startProcess } from '../cli/support.ts';

const root = join(import.meta.dirname, '../../..');
let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'main-'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

test('a second npm start leaves the log alone that the running service writes', async () => {
  const folder = join(place, 'data');
  const release = await lockFolder(folder);
  await writeFile(join(folder, 'log'), '');
  await truncate(join(folder, 'log'), 11 * 1024 * 1024);
  const env = { TOOLFORGE_BUILDS_DATA: folder, TMPDIR: place };
  const { code, stderr } = await startProcess(process.execPath, [join(root, 'local/main.ts')], env).finished;
  expect({ code, stderr: stderr.trim() }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`is in use by the platform with process id ${process.pid}`),
  });
  expect((await readdir(folder)).sort()).toEqual(['lock', 'log']);
  await release();
});
