import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backend, git as gitIn, serve } from '../../../lib/source/git-server.ts';
import { commitFiles, expectRefused, localServers, makeRepository, runClone, useClones } from './clone-run.ts';

const clones = useClones();
const { clone, cloneTree, module } = clones;

const read = (path: string) => readFile(join(clones.app, path), 'utf8');

const expectDone = ({ exitCode, output }: { exitCode: number; output: string }) =>
  expect({ exitCode, output }).toMatchObject({ exitCode: 0 });

describe('clone.sh checks out a submodule', () => {
  test.each([
    ['beside the repository', '../library.git'],
    ['beside the repository, by a longer way', './.././library.git'],
    ['with a slash at its end', '../library.git/'],
  ])('at a relative address: %s', async (_, url) => {
    const run = await clone({ submodules: [module(url)] });
    expectDone(run);
    expect(run.output).toContain(`Fetching the submodule at lib from ${clones.git.url}/library.git`);
    expect(run.output).toMatch(/3 files, \d+ bytes/);
    expect(await read('lib/lib.txt')).toBe('library\n');
  });

  test('at an absolute address, with spaces in its path and a name that looks like a path', async () => {
    const entry = `[submodule "../../x"]\n\tpath = a folder/lib\n\turl = ${clones.git.url}/library.git\n`;
    const submodules = [{ path: 'a folder/lib', commit: clones.library }];
    expectDone(await clone({ files: { '.gitmodules': entry, 'a folder/b': 'b' }, submodules }));
    expect(await read('a folder/lib/lib.txt')).toBe('library\n');
    expect((await readdir(join(clones.app, '.git', 'modules'))).length).toBe(1);
  });

  test('whose path and name have characters of the shell, and runs nothing of them', async () => {
    const path = 'a]$(touch ran)`touch ran`;"*/[0]';
    const entry = `[submodule "x]$(touch ran)[0"]\n\tpath = ${JSON.stringify(path)}\n\turl = ../library.git\n`;
    const submodules = [{ path, commit: clones.library }];
    expectDone(await clone({ files: { '.gitmodules': entry, a: 'a' }, submodules }));
    expect(await read(`${path}/lib.txt`)).toBe('library\n');
    expect(existsSync('ran')).toBe(false);
  });

  test('in which git works, and which is clean', async () => {
    expectDone(await clone({ submodules: [module('../library.git')] }));
    expect(gitIn(join(clones.app, 'lib'), 'rev-parse', 'HEAD')).toBe(clones.library);
    expect(gitIn(clones.app, 'status', '--porcelain')).toBe('');
    expect(gitIn(clones.app, 'submodule', 'status')).toContain(clones.library);
  });

  test('on another server, where that is allowed', async () => {
    expectDone(await clone({ submodules: [module(`${clones.other.url}/library.git`)] }, localServers));
    expect(await read('lib/lib.txt')).toBe('library\n');
  });

  test('that has submodules, whose relative addresses are relative to its own', async () => {
    const nested = makeRepository(clones.repositories, 'nested.git', { submodules: [module('../library.git')] });
    const outer = { ...module(`${clones.other.url}/nested.git`), path: 'outer', commit: nested };
    const run = await clone({ submodules: [outer] }, localServers);
    expectDone(run);
    expect(run.output).toContain(`Fetching the submodule at outer/lib from ${clones.other.url}/library.git`);
    expect(await read('outer/lib/lib.txt')).toBe('library\n');
  });

  test('by its branch, where the server gives no commit by its hash', async () => {
    const folder = join(clones.repositories, 'branches.git');
    makeRepository(clones.repositories, 'branches.git', { files: { a: 'a' } });
    gitIn(folder, 'checkout', '-q', '-b', 'stable');
    const stable = commitFiles(folder, { files: { b: 'stable' } });
    gitIn(folder, 'checkout', '-q', 'main');
    const old = await serve(backend(clones.repositories, { version: 0 }));
    clones.servers.push(old);
    for (const branch of ['stable', 'refs/heads/stable']) {
      await rm(clones.app, { recursive: true, force: true });
      const submodules = [{ ...module(`${old.url}/branches.git`, `branch = ${branch}`), commit: stable }];
      expectDone(await clone({ submodules }, localServers));
      expect(await read('lib/b')).toBe('stable');
    }
  });

  test('that the server of its address redirects to, after a check of the new address', async () => {
    const redirecting: RequestListener = (request, response) =>
      response.writeHead(302, { Location: `${clones.other.url}${request.url?.replace('/old', '/library.git')}` }).end();
    const server = await serve(redirecting);
    clones.servers.push(server);
    const run = await clone({ submodules: [module(`${server.url}/old`)] }, localServers);
    expectDone(run);
    expect(await read('lib/lib.txt')).toBe('library\n');
  });

  test('that uses SHA-256, as the repository does', async () => {
    const commit = makeRepository(clones.repositories, 'long.git', { files: { a: 'long' } }, '--object-format=sha256');
    const submodules = [{ ...module('../long.git'), commit }];
    const top = makeRepository(clones.repositories, 'long-top.git', { submodules }, '--object-format=sha256');
    expectDone(await runClone({ url: `${clones.git.url}/long-top.git`, commit: top, app: clones.app }));
    expect(await read('lib/a')).toBe('long');
  });

  test('of a commit that has no files of its own but .gitmodules', async () => {
    expectDone(await clone({ files: {}, submodules: [module('../library.git')] }));
  });
});

describe('clone.sh leaves out a submodule', () => {
  test('whose update is none, and says so', async () => {
    const run = await clone({ submodules: [module('http://10.0.0.1/x.git', 'update = none')] });
    expectDone(run);
    expect(run.output).toContain('The submodule at lib is left out, since .gitmodules has update = none for it');
    expect(await readdir(join(clones.app, 'lib'))).toEqual([]);
  });

  test('that .gitmodules names, and the commit does not have', async () => {
    const entry = '[submodule "gone"]\n\tpath = gone\n\turl = http://10.0.0.1/x.git\n';
    expectDone(await clone({ files: { a: 'a', '.gitmodules': entry } }));
    expect(existsSync(join(clones.app, 'gone'))).toBe(false);
  });
});

describe('clone.sh refuses a submodule', () => {
  test('without an entry or an address in .gitmodules', async () => {
    for (const entry of [undefined, ['branch = main'], ['url =']]) {
      await rm(clones.app, { recursive: true, force: true });
      const submodules = [{ path: 'lib', commit: clones.library, ...(entry ? { lines: entry } : {}) }];
      expectRefused(await clone({ submodules }), '.gitmodules has no address for it. Add it with "git submodule add"');
    }
  });

  test('whose update is a command', async () => {
    const file = join(clones.app, '..', 'ran');
    expectRefused(
      await clone({ submodules: [module('../library.git', `update = !touch ${file}`)] }),
      'Commands do not run',
    );
    expect(existsSync(file)).toBe(false);
  });

  test('whose commit is gone, is no commit or does not exist', async () => {
    const [missing, blob] = [
      '1'.repeat(40),
      gitIn(join(clones.repositories, 'library.git'), 'rev-parse', 'main:lib.txt'),
    ];
    expectRefused(await clone({ submodules: [{ ...module('../library.git'), commit: missing }] }), 'push it there');
    expectRefused(
      await clone({ submodules: [{ ...module('../library.git'), commit: blob }] }),
      'is no commit, but a blob',
    );
    expectRefused(await clone({ submodules: [module('../nothing.git')] }), 'no repository at this address');
  });

  test('that makes the files too many bytes in total, by files or by its transfer', async () => {
    const wide = makeRepository(clones.repositories, 'wide.git', { files: { a: 'a'.repeat(200_000) } });
    const submodules = [
      { ...module('../wide.git'), commit: wide, path: 'one' },
      { ...module('../wide.git'), commit: wide, path: 'two' },
    ];
    const run = await clone({ submodules }, { CLONE_MAX_BYTES: '300000' });
    expect(run.output).toMatch(
      /The submodule at two: The files of the commit and its submodules are larger than 300000 bytes/,
    );
    expect(run.exitCode).toBe(128);
    const noise = Array.from({ length: 300_000 }, () => Math.random().toString(36).at(-1)).join('');
    const large = makeRepository(clones.repositories, 'large.git', { files: { noise } });
    const one = { ...module('../large.git'), commit: large };
    expectRefused(await clone({ submodules: [one] }, { CLONE_MAX_BYTES: '200000' }), 'larger than 200000 bytes');
  });

  test('beyond two hundred, whatever the update of the others is', async () => {
    const paths = Array.from({ length: 201 }, (_, at) => `lib-${at}`);
    const entries = paths.map((path) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = x\n\tupdate = none\n`);
    const run = await cloneTree(async (objects) =>
      objects.tree([
        { type: 'blob', name: '.gitmodules', hash: await objects.blob(entries.join('')) },
        ...paths.map((name) => ({ type: 'commit', name, hash: clones.library }) as const),
      ]),
    );
    expect(run.output.match(/is left out/g)).toHaveLength(200);
    expect(run.output).toContain('There are more than 200 submodules: use fewer.');
    expect(run.exitCode).toBe(128);
  });

  test('in whose place the commit has something else too', async () => {
    const entry = '[submodule "lib"]\n\tpath = lib\n\turl = ../library.git\n';
    const run = await cloneTree(async (objects) =>
      objects.tree([
        { type: 'blob', name: '.gitmodules', hash: await objects.blob(entry) },
        { type: 'commit', name: 'lib', hash: clones.library },
        { type: 'link', name: 'lib', hash: await objects.blob('..') },
      ]),
    );
    expectRefused(run, 'Something else is in its place');
    expect(existsSync(join(clones.app, '../lib.txt'))).toBe(false);
  });

  test('of a .gitmodules that is larger than 1 MiB', async () => {
    const run = await clone({
      files: { '.gitmodules': '# a comment\n'.repeat(100_000) },
      submodules: [{ path: 'lib', commit: clones.library }],
    });
    expect(run.output).toContain('The file .gitmodules is larger than 1048576 bytes: use fewer submodules.');
    expect(run.exitCode).toBe(128);
  });

  test('below more than five levels of submodules', async () => {
    let commit = clones.library;
    let address = '../library.git';
    for (let level = 1; level <= 5; level += 1) {
      const submodules = [{ ...module(address), path: 'in', commit }];
      commit = makeRepository(clones.repositories, `level-${level}.git`, { submodules });
      address = `../level-${level}.git`;
    }
    const run = await clone({ submodules: [{ ...module(address), path: 'in', commit }] });
    expect(run.output).toContain('The submodule at in/in/in/in/in/in: Submodules are nested more than 5 levels deep');
    expect(run.exitCode).toBe(128);
  });

  test('of a .gitmodules that is a link, or is no configuration', async () => {
    const run = await cloneTree(async (objects) =>
      objects.tree([
        { type: 'link', name: '.gitmodules', hash: await objects.blob('a') },
        { type: 'commit', name: 'lib', hash: clones.library },
      ]),
    );
    expect(run.output).toContain("invalid path '.gitmodules'");
    expect(run.exitCode).toBe(128);
    const broken = await clone({
      files: { '.gitmodules': '[submodule "x\n' },
      submodules: [{ path: 'lib', commit: clones.library }],
    });
    expect(broken.output).toContain("The file .gitmodules can't be read");
    expect(broken.exitCode).toBe(128);
  });
});

test('clone.sh prints no control characters of a branch of a submodule', async () => {
  const branch = 'branch = "a\\n[clone] done"';
  const run = await clone({ submodules: [{ ...module('../library.git', branch), commit: '1'.repeat(40) }] });
  expectRefused(run, "can't be found in a?[clone] done: ");
});

test('clone.sh prints no control characters of a path or an address of a submodule', async () => {
  const path = 'a\u001b[31m\u0007b';
  const run = await clone({ submodules: [{ path, commit: clones.library }] });
  expect(run.output).toContain('The submodule at a?[31m?b: ');
  const update = await clone({ submodules: [module('https://x\u001b[31m')] });
  expect(update.output).not.toContain('\u001b');
});
