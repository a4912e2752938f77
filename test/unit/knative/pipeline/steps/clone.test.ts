import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type GitServer, serveGit } from '../../../../../local/git-server.ts';
import { createGitObjects, type GitObjects } from '../../../../support/git-objects.ts';
import { growingFiles, hostileRepositories } from '../../../../support/hostile-repositories.ts';
import { runProgram } from '../../../embedded/lifecycle/pipeline-run.ts';
import { commit as commitText, createRepository } from '../../../lib/source/git-server.ts';

const script = join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps/clone.sh');
let repositories: string;
let app: string;
let git: GitServer;

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'clone-'));
  git = await serveGit({ folder: repositories });
});
afterAll(async () => {
  await git.close();
  await rm(repositories, { recursive: true, force: true });
});
beforeEach(async () => {
  app = await mkdtemp(join(tmpdir(), 'app-'));
});
afterEach(() => rm(app, { recursive: true, force: true }));

/** Runs clone.sh on a commit of a repository whose objects the test writes. */
const clone = async (name: string, makeTree: (objects: GitObjects) => Promise<string>) => {
  const objects = await createGitObjects(join(repositories, `${name}.git`));
  const commit = await objects.commit(await makeTree(objects));
  return runProgram(['bash', script, `${git.url}/${name}.git`, commit, 'main', app]);
};

test('clone.sh writes the files of a commit, and says how many and how large they are', async () => {
  const { exitCode, output } = await clone('small', async (objects) => {
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
  const written = (await readdir(app, { recursive: true })).filter((path) => !path.startsWith('.git'));
  expect(written.sort()).toEqual(['a.txt', 'one', 'one/ä"\t.txt', 'two', 'two/ä"\t.txt'].sort());
});

test.each(Object.entries(hostileRepositories))(
  'clone.sh refuses, before it writes files: %s',
  async (_, { make, refusal }) => {
    const { exitCode, output } = await clone('hostile', make);
    expect(output).toMatch(refusal);
    expect(exitCode).toBe(128);
    expect(await readdir(app)).toEqual(['.git']);
  },
  120_000,
);

test('clone.sh writes the bytes of the commit, whatever the attributes of the repository ask for', async () => {
  let files: Record<string, string> = {};
  const { exitCode, output } = await clone('growing', async (objects) => {
    const grown = await growingFiles(objects);
    ({ files } = grown);
    return grown.tree;
  });
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
  for (const [path, content] of Object.entries(files))
    expect({ path, content: await readFile(join(app, path), 'utf8') }).toEqual({ path, content });
});

test('clone.sh says that the hash of a tree is no commit', async () => {
  const objects = await createGitObjects(join(repositories, 'tree.git'));
  const blob = { type: 'blob', name: 'a.txt', hash: await objects.blob('text') } as const;
  const tree = await objects.tree([blob]);
  await objects.commit(tree);
  for (const [hash, type] of [
    [tree, 'tree'],
    [blob.hash, 'blob'],
  ] as const) {
    const { exitCode, output } = await runProgram(['bash', script, `${git.url}/tree.git`, hash, '', app]);
    expect(output).toContain(`${hash} is no commit, but a ${type}. Build a branch, or a tag of a commit.`);
    expect(exitCode).toBe(128);
  }
});

test('clone.sh writes the files of a repository that uses SHA-256', async () => {
  const folder = createRepository(repositories, 'sha256.git', '--object-format=sha256');
  const hash = commitText(folder, 'text');
  const { exitCode, output } = await runProgram(['bash', script, `${git.url}/sha256.git`, hash, 'main', app]);
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringContaining(`${hash}: 1 files, 4 bytes`) });
  expect(await readdir(app)).toEqual(['.git', 'file.txt']);
});

describe('clone.sh gives nothing to a repository', () => {
  const ran = () => existsSync(join(repositories, 'ran'));
  const program = () => `touch ${join(repositories, 'ran')}`;

  test.each(['.git', '.GIT', '.Git'])('that has a folder %s', async (name) => {
    const { exitCode, output } = await clone('own-folder', async (objects) => {
      const hook = await objects.blob(`#!/bin/sh\n${program()}\n`);
      const hooks = await objects.tree([{ type: 'program', name: 'post-checkout', hash: hook }]);
      const own = await objects.tree([
        { type: 'tree', name: 'hooks', hash: hooks },
        { type: 'blob', name: 'config', hash: await objects.blob(`[core]\n\tfsmonitor = ${program()}\n`) },
      ]);
      return objects.tree([{ type: 'tree', name, hash: own }]);
    });
    expect(output).toContain(`invalid path '${name}/`);
    expect(exitCode).toBe(128);
    expect(existsSync(join(app, '.git/hooks'))).toBe(false);
    expect(ran()).toBe(false);
  });

  test('that has configuration, filters, hooks and a repository among its files', async () => {
    const config = `[core]\n\tfsmonitor = "${program()}"\n\thooksPath = hooks\n\tsshCommand = "${program()}"\n[filter "x"]\n\tsmudge = "${program()}"\n\tclean = "${program()}"\n\tprocess = "${program()}"\n[alias]\n\tcheckout = "!${program()}"\n[include]\n\tpath = .gitconfig\n`;
    const { exitCode, output } = await clone('files', async (objects) => {
      const [settings, hook] = [await objects.blob(config), await objects.blob(`#!/bin/sh\n${program()}\n`)];
      const hooks = await objects.tree([{ type: 'program', name: 'post-checkout', hash: hook }]);
      const bare = await objects.tree([
        { type: 'blob', name: 'HEAD', hash: await objects.blob('ref: refs/heads/main\n') },
        { type: 'blob', name: 'config', hash: settings },
        { type: 'tree', name: 'hooks', hash: hooks },
        ...(await Promise.all(
          ['objects', 'refs'].map(async (name) => ({
            ...({ type: 'tree', name } as const),
            hash: await objects.tree([{ type: 'blob', name: 'keep', hash: hook }]),
          })),
        )),
      ]);
      return objects.tree([
        { type: 'tree', name: 'bare', hash: bare },
        { type: 'tree', name: 'hooks', hash: hooks },
        { type: 'blob', name: '.gitconfig', hash: settings },
        { type: 'blob', name: '.gitattributes', hash: await objects.blob('* filter=x diff=x merge=x\n') },
        { type: 'blob', name: 'a.txt', hash: await objects.blob('a') },
      ]);
    });
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    const status = await runProgram(['git', '-C', app, 'status', '--porcelain']);
    expect(status).toEqual({ exitCode: 0, output: '' });
    const names = await runProgram(['git', '-C', app, 'config', '--local', '--name-only', '--list']);
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
    expect(existsSync(join(app, '.git/objects/info/alternates'))).toBe(false);
    expect(existsSync(join(app, '.git/hooks'))).toBe(false);
    expect(ran()).toBe(false);
  });

  test('in a folder that has files and a repository of an earlier attempt', async () => {
    await mkdir(join(app, '.git/hooks'), { recursive: true });
    await writeFile(join(app, '.git/hooks/post-checkout'), `#!/bin/sh\n${program()}\n`, { mode: 0o755 });
    await writeFile(join(app, 'old.txt'), 'old');
    const { exitCode } = await clone('again', async (objects) =>
      objects.tree([{ type: 'blob', name: 'a.txt', hash: await objects.blob('a') }]),
    );
    expect(exitCode).toBe(0);
    expect(await readdir(app)).toEqual(['.git', 'a.txt']);
    expect(ran()).toBe(false);
  });
});

test('clone.sh leaves a repository that git takes for unchanged, whatever the attributes ask for', async () => {
  await clone('unchanged', async (objects) => (await growingFiles(objects)).tree);
  expect(await runProgram(['git', '-C', app, 'status', '--porcelain'])).toEqual({ exitCode: 0, output: '' });
});
