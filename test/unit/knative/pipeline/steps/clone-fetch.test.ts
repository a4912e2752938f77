import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type GitServer, serveGit } from '../../../../../local/git-server.ts';
import { backend, createRepository, git as gitIn, serve } from '../../../lib/source/git-server.ts';
import { commitFiles, runClone } from './clone-run.ts';

let repositories: string;
let app: string;
let git: GitServer;
let tagged: string;
let folder: string;

const noHistory = "Warning: the history of the commit can't be fetched, so git describe may find no tag in the build";

beforeAll(async () => {
  repositories = await mkdtemp(join(tmpdir(), 'history-'));
  git = await serveGit({ folder: repositories });
  folder = createRepository(repositories, 'tool.git');
  commitFiles(folder, { files: { a: 'first' } });
  gitIn(folder, 'tag', '-a', 'v1.2.0', '-m', 'a version');
  gitIn(folder, 'branch', 'other');
  for (const text of ['second', 'third']) tagged = commitFiles(folder, { files: { a: text } });
  gitIn(folder, 'checkout', '-q', 'other');
  commitFiles(folder, { files: { b: 'b' } });
  gitIn(folder, 'tag', 'v9.9.9');
  gitIn(folder, 'checkout', '-q', 'main');
});
afterAll(async () => {
  await git.close();
  await rm(repositories, { recursive: true, force: true });
});
beforeEach(async () => {
  app = await mkdtemp(join(tmpdir(), 'app-'));
});
afterEach(() => rm(app, { recursive: true, force: true }));

describe('clone.sh fetches the history', () => {
  test('with which git describe names the tag before the commit, and nothing is changed', async () => {
    const { exitCode, output } = await runClone({ url: `${git.url}/tool.git`, commit: tagged, app });
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(gitIn(app, 'describe', '--dirty')).toBe(`v1.2.0-2-g${tagged.slice(0, 7)}`);
    expect(gitIn(app, 'rev-list', '--count', 'HEAD')).toBe('3');
    expect(gitIn(app, 'tag')).toBe('v1.2.0');
    expect(gitIn(app, 'for-each-ref', '--format=%(refname)')).toBe('refs/tags/v1.2.0');
    expect(gitIn(app, 'config', 'remote.origin.url')).toBe(`${git.url}/tool.git`);
  });

  test('without the files of earlier commits', async () => {
    await runClone({ url: `${git.url}/tool.git`, commit: tagged, app });
    const missing = gitIn(app, 'rev-list', '--objects', '--missing=print', 'HEAD').split('\n');
    expect(missing.filter((line) => line.startsWith('?')).length).toBeGreaterThan(0);
    expect(gitIn(app, 'show', 'HEAD:a')).toBe('third');
  });

  test('from a server that refuses hashes', async () => {
    const old = await serveGit({ folder: repositories, protocol: 0 });
    const { exitCode, output } = await runClone({ url: `${old.url}/tool.git`, commit: tagged, app });
    await old.close();
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(gitIn(app, 'describe')).toBe(`v1.2.0-2-g${tagged.slice(0, 7)}`);
  });

  test('only where the repository has tags', async () => {
    const plain = createRepository(repositories, 'plain.git');
    commitFiles(plain, { files: { a: 'first' } });
    const commit = commitFiles(plain, { files: { a: 'second' } });
    const { exitCode, output } = await runClone({ url: `${git.url}/plain.git`, commit, app });
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).not.toContain('Warning');
    expect(gitIn(app, 'rev-list', '--count', 'HEAD')).toBe('1');
  });
});

describe('clone.sh builds without the history, and says so, where a server', () => {
  /** Serves the repositories, but handles the request with the given number of requests of the git protocol before it. */
  const broken = (allowed: number, handle: RequestListener) => {
    let posts = 0;
    const respond = backend(repositories);
    return serve((request, response) => {
      if (request.method === 'POST') posts += 1;
      if (posts > allowed) handle(request, response);
      else respond(request, response);
    });
  };

  test.each<[string, number, RequestListener]>([
    ['fails to list its tags', 1, (_, response) => response.writeHead(500).end()],
    ['never ends its list of tags', 1, () => undefined],
    ['fails to send the history', 2, (_, response) => response.writeHead(500).end()],
    ['never ends the history', 2, () => undefined],
  ])('%s', async (_, allowed, handle) => {
    const server = await broken(allowed, handle);
    const settings = { CLONE_MAX_HISTORY_SECONDS: '4' };
    const { exitCode, output } = await runClone({ url: `${server.url}/tool.git`, commit: tagged, app, settings });
    await server.close();
    expect(output).toContain(noHistory);
    expect(exitCode).toBe(0);
    expect(gitIn(app, 'rev-parse', 'HEAD')).toBe(tagged);
    expect(gitIn(app, 'status', '--porcelain')).toBe('');
  });
});
