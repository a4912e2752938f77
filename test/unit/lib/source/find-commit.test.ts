import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSource, type Source } from '../../../../lib/source/source.ts';
import type { Listening, Repositories } from './git-server.ts';
import { backend, commit, createRepository, createRoot, git, serve } from './git-server.ts';
import { failureOf, local } from './refusals.ts';

const source: Source = createSource(local);

describe.each<[string, 0 | undefined]>([
  ['version 2', undefined],
  ['version 0', 0],
])('a ref that leads to no commit, over %s of the git protocol,', (_name, version) => {
  let repositories: Repositories;
  let server: Listening;
  let folder: string;
  let file: string;
  let tree: string;

  beforeAll(async () => {
    repositories = createRoot();
    folder = createRepository(repositories.root, 'tool.git');
    server = await serve(backend(repositories.root, version === undefined ? {} : { version }));
    commit(folder, 'one');
    [file, tree] = [git(folder, 'rev-parse', 'main:file.txt'), git(folder, 'rev-parse', 'main^{tree}')];
    git(folder, 'tag', 'light-tree', tree);
    git(folder, 'tag', 'light-file', file);
    git(folder, 'tag', '-a', 'tree', '-m', 'a tree', tree);
    git(folder, 'tag', '-a', 'file', '-m', 'a file', file);
    git(folder, 'tag', '-a', 'file-twice', '-m', 'a tag of a tag', 'file');
    git(folder, 'tag', '-a', 'long', '-m', 'x'.repeat(100_000), file);
    git(folder, 'update-ref', 'refs/notes/file', file);
  });
  afterAll(async () => {
    await server.close();
    repositories.remove();
  });

  const resolve = (ref: string) => source.resolve(`${server.url}/tool.git`, ref);

  test.each(['light-tree', 'light-file', 'tree', 'file', 'file-twice', 'long', 'refs/tags/file', 'refs/notes/file'])(
    'is refused when it is resolved, with a sentence that says so: %s',
    async (ref) => {
      const error = await failureOf(resolve(ref));
      expect([error.status, error.code]).toEqual([400, 'ref_not_found']);
      expect(error.message).toBe(
        `The ref ${ref} leads to no commit, but to a file or a folder. Give a branch, or a tag of a commit.`,
      );
    },
  );

  test('is refused when HEAD stands for it', async () => {
    git(folder, 'symbolic-ref', 'HEAD', 'refs/tags/file');
    const error = await failureOf(source.resolve(`${server.url}/tool.git`, ''));
    git(folder, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    expect(error.message).toContain('leads to no commit');
  });

  test('is refused when its hash is given', async () => {
    for (const ref of ['light-tree', 'light-file', 'tree', 'file', 'file-twice']) {
      const error = await failureOf(resolve(git(folder, 'rev-parse', `refs/tags/${ref}`)));
      expect([error.code, error.message]).toEqual(['ref_not_found', expect.stringMatching(/no commit|not a commit/)]);
    }
  });
});
