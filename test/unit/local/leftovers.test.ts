import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { acquireLock } from '../../../lib/lock-file.ts';
import { clearAtExit, clearLeftovers } from '../../../local/leftovers.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leftovers-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (path: string, text = ''): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

const files = async (): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
};

/** Returns the content of a lock file of this process, or of a process that has ended. */
const holder = async (isEnded: boolean): Promise<string> => {
  const path = join(folder, 'sample');
  const release = await acquireLock(path);
  const text = readFileSync(path, 'utf8');
  await release();
  const child = spawn('true');
  await once(child, 'close');
  return isEnded ? text.replace(` ${process.pid} `, ` ${child.pid} `) : text;
};

const hex = '0123456789ab';
/** Files that `npm run env` has half written. */
const draftsOfEnv = [`tools/mytool/kubeconfig.${hex}`, `bin/toolforge-build.${hex}`];

test('half written files and locks of ended processes are removed, in every place where they are written', async () => {
  const ended = await holder(true);
  for (const name of ['tool-x', 'tool-x.json']) write(`images/.locks/${name}`, ended);
  write(`images/.locks/tool-x.${randomUUID()}`, ended);
  write(`lock.${randomUUID()}`, ended);
  write(`images/.staging-${randomUUID()}/blob`);
  write(`images/tool-x/tool-x/index.json.${randomUUID()}`);
  write(`images/tool-x/oci-layout.${randomUUID()}`);
  write(`cache/.${randomUUID()}/layer/file`);
  write('kube/snapshot.jsonl.new');
  for (const name of [`addresses.json.${hex}`, `internal/secret.${hex}`, `internal/accounts/sweep.${hex}`]) write(name);
  for (const name of [`gateway/ca.crt.${hex}`, `issuer/key.json.${hex}`, ...draftsOfEnv]) write(name);
  for (const name of draftsOfEnv) utimesSync(join(folder, name), 0, 0);
  clearLeftovers(folder);
  expect(await files()).toEqual([]);
});

test('files, images, caches and locks that are in use stay, whatever a user has named them', async () => {
  const kept = [
    ...['addresses.json', 'log', 'log.1', 'kube/snapshot.jsonl', 'tools/mytool/kubeconfig', 'internal/secret'],
    ...[`images/tool-x/app.${hex}/index.json`, `images/tool-x/app.${randomUUID()}/oci-layout`],
    ...['images/tool-x/blobs/sha256/0123', `cache/tool-x_app.${hex}/layer/file`],
    // npm run env may be writing them just now.
    ...draftsOfEnv,
  ];
  for (const name of kept) write(name);
  write('images/.locks/tool-x', await holder(false));
  write('lock', await holder(false));
  clearLeftovers(folder);
  expect(await files()).toEqual([...kept, 'images/.locks/tool-x', 'lock'].sort());
});

test('a process that exits releases its own locks, and leaves a folder alone that another process has locked', async () => {
  const [own, ended] = [await holder(false), await holder(true)];
  write('lock', own);
  write('images/.locks/tool-x', own);
  write(`lock.${randomUUID()}`, own);
  clearAtExit(folder);
  expect(await files()).toEqual([]);
  write('lock', own.replace(` ${process.pid} `, ` ${process.ppid} `));
  write('images/.locks/tool-x', ended);
  write('kube/snapshot.jsonl.new');
  clearAtExit(folder);
  expect(await files()).toEqual(['images/.locks/tool-x', 'kube/snapshot.jsonl.new', 'lock']);
});

test('a folder that does not exist is left alone', async () => {
  clearLeftovers(join(folder, 'none'));
  clearAtExit(join(folder, 'none'));
  expect(await files()).toEqual([]);
});
