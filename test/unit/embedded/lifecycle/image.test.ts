import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { extract, type Header, pack } from 'tar-stream';
import { walkFolder, writeLayer } from '../../../../embedded/image/layer.ts';
import { parseReference } from '../../../../embedded/image/reference.ts';
import { resolveInRoot, unpackLayer } from '../../../../embedded/image/unpack.ts';
import { temporaryFolder } from './pipeline-run.ts';

let folder: string;
let root: string;
let outside: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder, 'root');
  outside = join(folder, 'outside');
  await mkdir(root);
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'untouched');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Entry = Partial<Header> & { name: string; content?: string };

const unpack = async (...entries: Entry[]): Promise<void> => {
  const tar = pack();
  for (const { content, ...header } of entries) {
    if (content === undefined) tar.entry(header);
    else tar.entry(header, content);
  }
  tar.finalize();
  const file = join(folder, 'layer.tar');
  await pipeline(tar as unknown as NodeJS.ReadableStream, createWriteStream(file));
  await unpackLayer(file, 'application/vnd.oci.image.layer.v1.tar', root);
};

const expectOutsideUntouched = async (): Promise<void> => {
  expect(await readdir(outside)).toEqual(['secret']);
  expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('untouched');
  expect((await readdir(folder)).filter((name) => name !== 'layer.tar').sort()).toEqual(['outside', 'root']);
};

test('a folder gives the same layer for other times, modes and orders of its files', async () => {
  const make = async (name: string, names: string[], mode: number) => {
    const place = join(folder, name);
    await mkdir(join(place, 'sub'), { recursive: true });
    for (const file of names) await writeFile(join(place, file), file, { mode });
    await symlink('a', join(place, 'link'));
    const blobs = join(folder, `${name}-blobs`);
    await mkdir(blobs);
    return writeLayer(walkFolder(place, 'workspace'), blobs);
  };
  const one = await make('one', ['a', 'b', 'sub/c', `${'long'.repeat(60)}`], 0o644);
  const two = await make('two', [`${'long'.repeat(60)}`, 'sub/c', 'b', 'a'], 0o600);
  expect(two).toEqual(one);
});

test('a layer that is written and unpacked keeps modes, links and large files', async () => {
  const place = join(folder, 'place');
  await mkdir(place);
  await writeFile(join(place, 'big'), '');
  await truncate(join(place, 'big'), 5 * 1024 * 1024);
  await writeFile(join(place, 'run'), '#!/bin/sh\n');
  await chmod(join(place, 'run'), 0o755);
  await symlink('run', join(place, 'link'));
  spawnSync('mkfifo', [join(place, 'pipe')]);
  const { descriptor } = await writeLayer(walkFolder(place, 'workspace'), folder);
  await unpackLayer(join(folder, descriptor.digest.slice(7)), descriptor.mediaType, root);
  expect((await readdir(join(root, 'workspace'))).sort()).toEqual(['big', 'link', 'run']);
  expect((await stat(join(root, 'workspace/big'))).size).toBe(5 * 1024 * 1024);
  expect((await stat(join(root, 'workspace/run'))).mode & 0o777).toBe(0o755);
  expect(await readlink(join(root, 'workspace/link'))).toBe('run');
});

test('every user may write what a folder gives to a layer, and run what its owner may run', async () => {
  const place = join(folder, 'place');
  await mkdir(join(place, 'sub'), { recursive: true, mode: 0o700 });
  for (const [name, mode] of Object.entries({ a: 0o600, b: 0o444, c: 0o700, 'sub/d': 0o755, e: 0o654 })) {
    await writeFile(join(place, name), '');
    await chmod(join(place, name), mode);
  }
  const { descriptor } = await writeLayer(walkFolder(place, 'workspace'), folder);
  const modes: Record<string, number> = {};
  const tar = createReadStream(join(folder, descriptor.digest.slice(7)))
    .pipe(createGunzip())
    .pipe(extract());
  for await (const entry of tar) {
    modes[entry.header.name.replace(/\/$/, '')] = entry.header.mode ?? 0;
    entry.resume();
  }
  expect(modes).toEqual({
    ...{ workspace: 0o777, 'workspace/sub': 0o777, 'workspace/sub/d': 0o777, 'workspace/c': 0o777 },
    ...{ 'workspace/a': 0o666, 'workspace/b': 0o666, 'workspace/e': 0o666 },
  });
});

test('unpacking keeps names and links that lead outside below the root', async () => {
  await unpack(
    { name: '../outside/secret', content: 'x' },
    { name: '/etc/passwd', content: 'inside' },
    { name: 'up', type: 'symlink', linkname: '../outside' },
    { name: 'up/secret', content: 'x' },
    { name: 'absolute', type: 'symlink', linkname: outside },
    { name: 'absolute/secret', content: 'x' },
    { name: 'chain', type: 'symlink', linkname: 'a/../../../outside' },
    { name: 'chain/new', content: 'x' },
  );
  expect(await readFile(join(root, 'etc/passwd'), 'utf8')).toBe('inside');
  await expectOutsideUntouched();
});

test('unpacking a file replaces a link in its place and does not write through it', async () => {
  await unpack(
    { name: 'secret', type: 'symlink', linkname: join(outside, 'secret') },
    { name: 'secret', content: 'mine' },
  );
  expect((await lstat(join(root, 'secret'))).isFile()).toBe(true);
  await expectOutsideUntouched();
});

test('a hard link in a layer cannot name a file outside the root', async () => {
  await expect(unpack({ name: 'hard', type: 'link', linkname: '../outside/secret' })).rejects.toThrow(/ENOENT/);
  await expectOutsideUntouched();
});

test('a whiteout removes a file of earlier layers and no other file', async () => {
  await unpack({ name: 'a/one', content: '1' }, { name: 'a/two', content: '2' }, { name: 'b/three', content: '3' });
  await unpack({ name: 'a/.wh.one', content: '' }, { name: 'b/.wh..wh..opq', content: '' });
  expect(await readdir(join(root, 'a'))).toEqual(['two']);
  expect(await readdir(join(root, 'b'))).toEqual([]);
  await unpack({ name: 'out', type: 'symlink', linkname: outside }, { name: 'out/.wh.secret', content: '' });
  await unpack({ name: '.wh...', content: '' }, { name: '.wh..', content: '' });
  await expectOutsideUntouched();
});

test('unpacking leaves out devices and set-user-id bits', async () => {
  await unpack(
    { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
    { name: 'su', mode: 0o4777, content: 'x' },
  );
  expect(await readdir(root)).toEqual(['su']);
  expect((await stat(join(root, 'su'))).mode & 0o7022).toBe(0);
});

test('unpacking refuses a circle of links', async () => {
  await unpack({ name: 'a', type: 'symlink', linkname: 'b' }, { name: 'b', type: 'symlink', linkname: 'a' });
  await expect(resolveInRoot(root, 'a/file')).rejects.toThrow(/too many/);
});

test("absolute links to the image's own folders are moved below the root", async () => {
  await unpack(
    { name: 'layers/x/file', content: 'found' },
    { name: 'workspace/link', type: 'symlink', linkname: '/layers/x' },
  );
  expect(await readFile(join(root, 'workspace/link/file'), 'utf8')).toBe('found');
});

test('property: every path of a layer stays below the root', async () => {
  const part = fc.constantFrom('..', '.', '', 'a', 'link', 'up', 'root');
  await symlink('..', join(root, 'up'));
  await symlink('/', join(root, 'root'));
  await symlink('../../..', join(root, 'link'));
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 8 }), async (parts) => {
      const path = await resolveInRoot(root, parts.join('/'));
      expect(path === root || path.startsWith(`${root}/`)).toBe(true);
    }),
  );
});

test.each([
  ['tool-x/web', { host: '', repository: 'tool-x/web', tag: '', digest: '' }],
  ['127.0.0.1:5000/tool-x/web:v1', { host: '127.0.0.1:5000', repository: 'tool-x/web', tag: 'v1', digest: '' }],
  ['localhost/web', { host: 'localhost', repository: 'web', tag: '', digest: '' }],
])('the image reference %s is parsed', (text, expected) => expect(parseReference(text)).toEqual(expected));

test("property: a repository's name is a path without .. or empty parts", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '-', '_', ':', '@', '1', 'A') }), (text) => {
      let repository = 'valid';
      try {
        repository = parseReference(text).repository;
      } catch (error) {
        expect((error as Error).message).toContain('no image reference');
      }
      expect(repository).toMatch(/^[a-z0-9]/);
      expect(repository.split('/')).not.toContain('..');
      expect(repository).not.toContain('//');
    }),
  );
});
