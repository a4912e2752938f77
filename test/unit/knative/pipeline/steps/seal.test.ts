import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'smol-toml';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';

const script = join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps/seal.sh');
const commit = 'a'.repeat(40);
const metadata = 'layers/config/metadata.toml';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seal-'));
  for (const name of ['sealed/source', 'sealed/layers']) await mkdir(join(folder, name), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (files: Record<string, string>): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
};

/** Runs seal.sh after a build that left these files. */
const seal = async (
  files: Record<string, string>,
  url = 'https://git.example.org/tool.git',
  path = process.env.PATH,
) => {
  await write({ [metadata]: 'buildpack-default-process-type = "web"\n', 'app/a.txt': 'a', ...files });
  const places = [`CNB_APP_DIR=${join(folder, 'app')}`, `CNB_LAYERS_DIR=${join(folder, 'layers')}`];
  return runProgram(['env', `PATH=${path}`, ...places, 'bash', script, join(folder, 'sealed'), url, commit]);
};

const sealedFiles = async (name: string) => (await readdir(join(folder, 'sealed', name), { recursive: true })).sort();

test('seal.sh fails with a sentence where the folders of git can not be removed', async () => {
  await write({ 'bin/rm': '#!/bin/sh\nexit 1\n' });
  await chmod(join(folder, 'bin/rm'), 0o755);
  const run = await seal({ 'app/lib/.git': 'gitdir: x' }, undefined, `${join(folder, 'bin')}:${process.env.PATH}`);
  expect(run).toEqual({ exitCode: 1, output: '[seal] ERROR: The folders of git cannot be left out.\n' });
});

test('seal.sh leaves out the folders of git, wherever a build has them', async () => {
  const run = await seal({
    'app/.git/config': '[core]',
    'app/.gitignore': 'x',
    'app/lib/.git': 'gitdir: ../.git/modules/1',
    'app/lib/b.txt': 'b',
    'app/node_modules/c/.git/HEAD': 'x',
    'app/node_modules/c/c.txt': 'c',
  });
  expect(run).toEqual({ exitCode: 0, output: '' });
  expect(await sealedFiles('source')).toEqual(
    ['.gitignore', 'a.txt', 'lib', 'lib/b.txt', 'node_modules', 'node_modules/c', 'node_modules/c/c.txt'].sort(),
  );
});

test.each([
  [0o600, 0o666],
  [0o644, 0o666],
  [0o400, 0o466],
  [0o700, 0o777],
  [0o555, 0o577],
  [0o654, 0o666],
])(
  'seal.sh lets group and others do with a file of mode %o what its owner may, and read and write it',
  async (mode, sealed) => {
    const paths = ['app/sub/file', 'layers/a/b/file'];
    await write(Object.fromEntries(paths.map((path) => [path, '#!/bin/sh'])));
    for (const path of paths) await chmod(join(folder, path), mode);
    expect(await seal({})).toEqual({ exitCode: 0, output: '' });
    for (const path of ['source/sub/file', 'layers/a/b/file'])
      expect((await stat(join(folder, 'sealed', path))).mode & 0o777).toBe(sealed);
  },
);

test('seal.sh lets group and others write into every folder', async () => {
  await write({ 'app/sub/file': '', 'layers/a/b/file': '' });
  for (const path of ['app/sub', 'layers/a', 'layers/a/b']) await chmod(join(folder, path), 0o700);
  expect(await seal({})).toEqual({ exitCode: 0, output: '' });
  for (const path of ['source/sub', 'layers/a', 'layers/a/b'])
    expect((await stat(join(folder, 'sealed', path))).mode & 0o777).toBe(0o777);
});

test('seal.sh changes nothing outside of what it seals through links of the application', async () => {
  const target = join(folder, 'target');
  await write({ target: '' });
  await chmod(target, 0o600);
  await mkdir(join(folder, 'app'));
  await symlink(target, join(folder, 'app/link'));
  expect(await seal({})).toEqual({ exitCode: 0, output: '' });
  expect((await stat(target)).mode & 0o777).toBe(0o600);
  expect(await readlink(join(folder, 'sealed/source/link'))).toBe(target);
});

test('seal.sh seals a folder that has nothing but git', async () => {
  await mkdir(join(folder, 'app/.git'), { recursive: true });
  expect(await seal({})).toEqual({ exitCode: 0, output: '' });
});

test('seal.sh adds the labels with the commit and the repository after those of the buildpacks', async () => {
  const labels =
    '[[labels]]\n  key = "org.opencontainers.image.revision"\n  value = "forged"\n\n[[processes]]\n  type = "web"\n';
  expect(await seal({ [metadata]: labels })).toEqual({ exitCode: 0, output: '' });
  expect(parse(await readFile(join(folder, 'sealed', metadata), 'utf8'))).toEqual({
    labels: [
      { key: 'org.opencontainers.image.revision', value: 'forged' },
      { key: 'org.opencontainers.image.revision', value: commit },
      { key: 'org.opencontainers.image.source', value: 'https://git.example.org/tool.git' },
    ],
    processes: [{ type: 'web' }],
  });
});

test('seal.sh writes a label of an address with quotation marks and backslashes', async () => {
  const url = 'https://git.example.org/"a\\b"\\';
  expect(await seal({}, url)).toEqual({ exitCode: 0, output: '' });
  expect(parse(await readFile(join(folder, 'sealed', metadata), 'utf8'))).toMatchObject({
    labels: [{}, { key: 'org.opencontainers.image.source', value: url }],
  });
});

test('seal.sh writes no labels through a link that a build left', async () => {
  const target = join(folder, 'target.toml');
  await write({ 'target.toml': 'x = 1\n' });
  await mkdir(join(folder, 'layers/config'), { recursive: true });
  await symlink(target, join(folder, metadata));
  const variables = [`CNB_APP_DIR=${join(folder, 'app')}`, `CNB_LAYERS_DIR=${join(folder, 'layers')}`];
  await mkdir(join(folder, 'app'));
  const run = await runProgram(['env', ...variables, 'bash', script, join(folder, 'sealed'), 'https://x', commit]);
  expect(run.output).toContain('something else than a file or a folder');
  expect(run.exitCode).toBe(1);
  expect(await readFile(target, 'utf8')).toBe('x = 1\n');
});
