import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createGitObjects } from '../../../../support/git-objects.ts';
import { gitFiles, gitFolder, growingFiles, hostileRepositories } from '../../../../support/hostile-repositories.ts';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';
import { makeRepository, runClone, useClones } from './clone-run.ts';

const clones = useClones();
const { cloneTree } = clones;

test('clone.sh writes the files of a commit, and says how many and how large they are', async () => {
  const { exitCode, output } = await cloneTree(async (objects) => {
    const blob = { type: 'blob', hash: await objects.blob('text') } as const;
    const folder = { type: 'tree', hash: await objects.tree([{ ...blob, name: 'ä"\t.txt' }]) } as const;
    return objects.tree([
      { ...blob, name: 'a.txt' },
      { ...folder, name: 'one' },
      { ...folder, name: 'two' },
    ]);
  });
  expect(output).toContain('3 files, 12 bytes');
  expect(exitCode).toBe(0);
  const written = (await readdir(clones.app, { recursive: true })).filter((path) => !path.startsWith('.git'));
  expect(written.sort()).toEqual(['a.txt', 'one', 'one/ä"\t.txt', 'two', 'two/ä"\t.txt'].sort());
});

test.each(Object.entries(hostileRepositories))(
  'clone.sh refuses, before it writes files: %s',
  async (_, { make, refusal }) => {
    const { exitCode, output } = await cloneTree(make);
    expect(output).toMatch(refusal);
    expect(exitCode).toBe(128);
    expect(await readdir(clones.app)).toEqual(['.git']);
  },
  120_000,
);

test('clone.sh writes the bytes of the commit, whatever the attributes of the repository ask for', async () => {
  let files: Record<string, string> = {};
  const { exitCode, output } = await cloneTree(async (objects) => {
    const grown = await growingFiles(objects);
    ({ files } = grown);
    return grown.tree;
  });
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  for (const [path, content] of Object.entries(files))
    expect({ path, content: await readFile(join(clones.app, path), 'utf8') }).toEqual({ path, content });
});

test('clone.sh says that the hash of a tree is no commit', async () => {
  const objects = await createGitObjects(join(clones.repositories, 'tree.git'));
  const blob = { type: 'blob', name: 'a.txt', hash: await objects.blob('text') } as const;
  const tree = await objects.tree([blob]);
  await objects.commit(tree);
  for (const [hash, type] of [
    [tree, 'tree'],
    [blob.hash, 'blob'],
  ] as const) {
    const run = { url: `${clones.git.url}/tree.git`, commit: hash, ref: '', app: clones.app };
    const { exitCode, output } = await runClone(run);
    expect(output).toContain(`${hash} is no commit, but a ${type}. Build a branch, or a tag of a commit.`);
    expect(exitCode).toBe(128);
  }
});

test('clone.sh writes the files of a repository that uses SHA-256', async () => {
  const files = { 'file.txt': 'text' };
  const hash = makeRepository(clones.repositories, 'sha256.git', { files }, '--object-format=sha256');
  const run = { url: `${clones.git.url}/sha256.git`, commit: hash, app: clones.app };
  const { exitCode, output } = await runClone(run);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining(`${hash}: 1 files, 4 bytes`) });
  expect(await readdir(clones.app)).toEqual(['.git', 'file.txt']);
});

describe('clone.sh gives nothing to a repository', () => {
  const ran = () => existsSync(join(clones.repositories, 'ran'));
  const program = () => `touch ${join(clones.repositories, 'ran')}`;

  test.each(['.git', '.GIT', '.Git'])('that has a folder %s', async (name) => {
    const { exitCode, output } = await cloneTree((objects) => gitFolder(objects, name, program()));
    expect(output).toContain(`invalid path '${name}/`);
    expect(exitCode).toBe(128);
    expect(existsSync(join(clones.app, '.git/hooks'))).toBe(false);
    expect(ran()).toBe(false);
  });

  test('that has configuration, filters, hooks and a repository among its files', async () => {
    const { exitCode, output } = await cloneTree((objects) => gitFiles(objects, program()));
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    const status = await runProgram(['git', '-C', clones.app, 'status', '--porcelain']);
    expect(status).toEqual({ exitCode: 0, output: '' });
    const names = await runProgram(['git', '-C', clones.app, 'config', '--local', '--name-only', '--list']);
    expect(names.output.trim().split('\n').sort()).toEqual(
      [
        'core.bare',
        'core.filemode',
        'core.logallrefupdates',
        'core.repositoryformatversion',
        'remote.origin.fetch',
        'remote.origin.url',
      ].sort(),
    );
    expect(existsSync(join(clones.app, '.git/objects/info/alternates'))).toBe(false);
    expect(existsSync(join(clones.app, '.git/hooks'))).toBe(false);
    expect(ran()).toBe(false);
  });

  test('in a folder that has files and a repository of an earlier attempt', async () => {
    await mkdir(join(clones.app, '.git/hooks'), { recursive: true });
    await writeFile(join(clones.app, '.git/hooks/post-checkout'), `#!/bin/sh\n${program()}\n`, { mode: 0o755 });
    await writeFile(join(clones.app, 'old.txt'), 'old');
    const { exitCode } = await cloneTree(async (objects) =>
      objects.tree([{ type: 'blob', name: 'a.txt', hash: await objects.blob('a') }]),
    );
    expect(exitCode).toBe(0);
    expect(await readdir(clones.app)).toEqual(['.git', 'a.txt']);
    expect(ran()).toBe(false);
  });
});

test('clone.sh leaves a repository that git takes for unchanged, whatever the attributes ask for', async () => {
  await cloneTree(async (objects) => (await growingFiles(objects)).tree);
  expect(await runProgram(['git', '-C', clones.app, 'status', '--porcelain'])).toEqual({ exitCode: 0, output: '' });
});
