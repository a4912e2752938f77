import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type GitServer, serveGit } from '../../../../local/git-server.ts';
import { createGitObjects } from '../../../support/git-objects.ts';
import { hostileRepositories } from '../../../support/hostile-repositories.ts';
import { runProgram, temporaryFolder } from './pipeline-run.ts';

const cloneProgram = join(import.meta.dirname, '../../../../embedded/lifecycle/clone.ts');
let folder: string;
let repositories: string;
let app: string;
let first: string;
let second: string;
let git: GitServer;

const gitIn = (place: string, ...words: string[]): string => {
  const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'init.defaultBranch=main'];
  const run = spawnSync('git', [...identity, ...words], { cwd: place, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout.trim();
};

const clone = (url: string, commit: string, ref = 'main', more: string[] = []) =>
  runProgram([
    process.execPath,
    cloneProgram,
    `--url=${url}`,
    `--commit=${commit}`,
    `--ref=${ref}`,
    `--app=${app}`,
    ...more,
  ]);

beforeAll(async () => {
  repositories = await temporaryFolder();
  const work = join(repositories, 'work');
  await mkdir(work);
  gitIn(work, 'init', '--quiet');
  await writeFile(join(work, 'a.txt'), 'one\n');
  gitIn(work, 'add', '.');
  gitIn(work, 'commit', '--quiet', '-m', 'one');
  first = gitIn(work, 'rev-parse', 'HEAD');
  gitIn(work, 'tag', '-a', 'v1', '-m', 'v1');
  await writeFile(join(work, 'b.txt'), 'x'.repeat(5000));
  gitIn(work, 'add', '.');
  gitIn(work, 'commit', '--quiet', '-m', 'two');
  second = gitIn(work, 'rev-parse', 'HEAD');
  gitIn(repositories, 'clone', '--quiet', '--bare', work, 'repository.git');
  gitIn(join(repositories, 'repository.git'), 'update-server-info');
  git = await serveGit({ folder: repositories });
});
afterAll(async () => {
  await git.close();
  await rm(repositories, { recursive: true, force: true });
});
beforeEach(async () => {
  folder = await temporaryFolder();
  app = join(folder, 'source');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const withServer = async <T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/r.git`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

test('the step clone fetches an older commit by its hash', async () => {
  const { exitCode, output } = await clone(`${git.url}/repository.git`, first);
  expect(output).toContain(`Commit ${first}: 1 files, 4 bytes`);
  expect(exitCode).toBe(0);
  expect(await readdir(app)).toEqual(['.git', 'a.txt']);
});

test.each([
  ['the branch itself', 'main', () => second],
  ['a commit in the branch', 'main', () => first],
  ['an annotated tag', 'v1', () => first],
  ['the default branch', '', () => second],
])('the step clone fetches the ref from a server that refuses hashes: %s', async (_, ref, commit) => {
  const old = await serveGit({ folder: repositories, protocol: 0 });
  try {
    const { exitCode, output } = await clone(`${old.url}/repository.git`, commit(), ref);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(app, 'a.txt'), 'utf8')).toBe('one\n');
  } finally {
    await old.close();
  }
});

test('the step clone fails with code 128 and a hint for a missing commit', async () => {
  const { exitCode, output } = await clone(`${git.url}/repository.git`, 'a'.repeat(40));
  expect(exitCode).toBe(128);
  expect(output).toContain("can't be found");
  expect(output).toContain('Start the build again');
});

test.each([
  ['file:///etc', 'Only http and https'],
  ['ext::sh -c id', 'Only http and https'],
  ['--upload-pack=id', 'Only http and https'],
  ['http://127.0.0.1:1/r.git', "can't be reached"],
  ['http://nowhere.invalid/r.git', "doesn't exist"],
])('the step clone refuses %s', async (url, sentence) => {
  const { exitCode, output } = await clone(url, first);
  expect(output).toContain(sentence);
  expect(exitCode).toBe(128);
});

test.each(['main', 'A'.repeat(40), `${'a'.repeat(39)}`, '--help'])(
  'the step clone refuses the commit "%s"',
  async (commit) => {
    expect(await clone(`${git.url}/repository.git`, commit)).toMatchObject({ exitCode: 128 });
  },
);

test('the step clone has a sentence for a password, a redirect, a missing repository and a web page', async () => {
  const cases: [RequestListener, string][] = [
    [(_, response) => response.writeHead(401, { 'www-authenticate': 'Basic' }).end(), "isn't public"],
    [(_, response) => response.writeHead(302, { location: `${git.url}/repository.git` }).end(), 'redirects elsewhere'],
    [(_, response) => response.writeHead(404).end(), 'no repository at this address'],
    [(_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), "can't be found"],
  ];
  for (const [listener, sentence] of cases) {
    const { exitCode, output } = await withServer(listener, (url) => clone(url, first));
    expect(output).toContain(sentence);
    expect(exitCode).toBe(128);
  }
}, 60_000);

test.each(['tree', 'blob'])('the step clone says that the hash of a %s is no commit', async (type) => {
  const hash = gitIn(join(repositories, 'work'), 'rev-parse', type === 'tree' ? 'HEAD^{tree}' : 'HEAD:a.txt');
  const { exitCode, output } = await clone(`${git.url}/repository.git`, hash);
  expect(output).toContain(`${hash} is no commit, but a ${type}. Build a branch, or a tag of a commit.`);
  expect(exitCode).toBe(128);
});

test('the step clone writes the files of a repository that uses SHA-256', async () => {
  const work = join(repositories, 'sha256.git');
  await mkdir(work);
  gitIn(work, 'init', '--quiet', '--object-format=sha256');
  await writeFile(join(work, 'a.txt'), 'one\n');
  gitIn(work, 'add', '.');
  gitIn(work, 'commit', '--quiet', '-m', 'one');
  const commit = gitIn(work, 'rev-parse', 'HEAD');
  const { exitCode, output } = await clone(`${git.url}/sha256.git`, commit);
  expect(output).toContain(`Commit ${commit}: 1 files, 4 bytes`);
  expect(exitCode).toBe(0);
  expect(await readFile(join(app, 'a.txt'), 'utf8')).toBe('one\n');
});

test('the step clone refuses a checkout that is too large before it writes files', async () => {
  const { exitCode, output } = await clone(`${git.url}/repository.git`, second, 'main', ['--max-bytes=3000']);
  expect(exitCode).toBe(128);
  expect(output).toContain('3000 bytes');
});

test('the step clone has the rules of the script that the cluster runs', async () => {
  const objects = await createGitObjects(join(repositories, 'hostile.git'));
  const hostile = hostileRepositories['ten levels of ten folders with empty files'];
  if (!hostile) throw new Error('there is no such repository');
  const { exitCode, output } = await clone(`${git.url}/hostile.git`, await objects.commit(await hostile.make(objects)));
  expect(output).toMatch(hostile.refusal);
  expect(exitCode).toBe(128);
  expect(await readdir(app)).toEqual(['.git']);
});

test('the step clone ends an endless response at its time limit', async () => {
  const endless: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
    response.write('001e# service=git-upload-pack\n0000');
  };
  const { exitCode, output } = await withServer(endless, (url) => clone(url, first, 'main', ['--max-seconds=1']));
  expect(output).toContain("isn't transferred within 1 seconds");
  expect(exitCode).toBe(128);
});

test.each(['--upload-pack=id', '+main', 'main:x', '^main', '*', '-x', 'a..b', '@{-1}', 'main '])(
  'the step clone takes the ref %s for no option, no refspec and no pattern',
  async (ref) => {
    const old = await serveGit({ folder: repositories, protocol: 0 });
    const { exitCode, output } = await clone(`${old.url}/repository.git`, first, ref);
    await old.close();
    expect(output).toContain("can't be found in");
    expect(exitCode).toBe(128);
    expect(await readdir(app)).toEqual(['.git']);
  },
);

test('the git server refuses pushes', async () => {
  expect((await fetch(`${git.url}/repository.git/info/refs?service=git-receive-pack`)).status).toBe(403);
  expect((await fetch(`${git.url}/repository.git/git-receive-pack`, { method: 'POST' })).status).toBe(403);
});
