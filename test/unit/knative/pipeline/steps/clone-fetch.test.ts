import type { RequestListener } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { serveGit } from '../../../../../local/git-server.ts';
import { backend, createRepository, git as gitIn, serve } from '../../../lib/source/git-server.ts';
import { commitFiles, runClone, useClones } from './clone-run.ts';

const clones = useClones();
let tagged: string;

const noHistory = "Warning: the history of the commit can't be fetched, so git describe may find no tag in the build";

beforeAll(() => {
  const folder = createRepository(clones.repositories, 'tool.git');
  commitFiles(folder, { files: { a: 'first' } });
  gitIn(folder, 'tag', '-a', 'v1.2.0', '-m', 'a version');
  gitIn(folder, 'branch', 'other');
  for (const text of ['second', 'third']) tagged = commitFiles(folder, { files: { a: text } });
  gitIn(folder, 'checkout', '-q', 'other');
  commitFiles(folder, { files: { b: 'b' } });
  gitIn(folder, 'tag', 'v9.9.9');
  gitIn(folder, 'checkout', '-q', 'main');
});

describe('clone.sh fetches the history', () => {
  test('with which git describe names the tag before the commit, and nothing is changed', async () => {
    const { exitCode, output } = await runClone({ url: `${clones.git.url}/tool.git`, commit: tagged, app: clones.app });
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(gitIn(clones.app, 'describe', '--dirty')).toBe(`v1.2.0-2-g${tagged.slice(0, 7)}`);
    expect(gitIn(clones.app, 'rev-list', '--count', 'HEAD')).toBe('3');
    expect(gitIn(clones.app, 'tag')).toBe('v1.2.0');
    expect(gitIn(clones.app, 'for-each-ref', '--format=%(refname)')).toBe('refs/tags/v1.2.0');
    expect(gitIn(clones.app, 'config', 'remote.origin.url')).toBe(`${clones.git.url}/tool.git`);
  });

  test('without the files of earlier commits', async () => {
    await runClone({ url: `${clones.git.url}/tool.git`, commit: tagged, app: clones.app });
    const missing = gitIn(clones.app, 'rev-list', '--objects', '--missing=print', 'HEAD').split('\n');
    expect(missing.filter((line) => line.startsWith('?')).length).toBeGreaterThan(0);
    expect(gitIn(clones.app, 'show', 'HEAD:a')).toBe('third');
  });

  test('from a server that refuses hashes', async () => {
    const old = await serveGit({ folder: clones.repositories, protocol: 0 });
    const { exitCode, output } = await runClone({ url: `${old.url}/tool.git`, commit: tagged, app: clones.app });
    await old.close();
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(gitIn(clones.app, 'describe')).toBe(`v1.2.0-2-g${tagged.slice(0, 7)}`);
  });

  test('only where the repository has tags', async () => {
    const plain = createRepository(clones.repositories, 'plain.git');
    commitFiles(plain, { files: { a: 'first' } });
    const commit = commitFiles(plain, { files: { a: 'second' } });
    const { exitCode, output } = await runClone({ url: `${clones.git.url}/plain.git`, commit, app: clones.app });
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).not.toContain('Warning');
    expect(gitIn(clones.app, 'rev-list', '--count', 'HEAD')).toBe('1');
  });
});

describe('clone.sh builds without the history, and says so, where a server', () => {
  /** Serves the repositories, but handles the request with the given number of requests of the git protocol before it. */
  const broken = (allowed: number, handle: RequestListener) => {
    let posts = 0;
    const respond = backend(clones.repositories);
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
    const { exitCode, output } = await runClone({
      url: `${server.url}/tool.git`,
      commit: tagged,
      app: clones.app,
      settings,
    });
    await server.close();
    expect(output).toContain(noHistory);
    expect(exitCode).toBe(0);
    expect(gitIn(clones.app, 'rev-parse', 'HEAD')).toBe(tagged);
    expect(gitIn(clones.app, 'status', '--porcelain')).toBe('');
  });
});
