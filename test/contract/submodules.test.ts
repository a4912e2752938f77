import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Caller, expectCleanLog, forTool } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;
let library: string;

const git = (name: string, ...words: string[]): Promise<string> =>
  target.git(name, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...words);

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'submodules');
  await target.repository('library', { 'library.txt': 'text of the library\n' });
  library = await git('library', 'rev-parse', 'main');
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

const manifest = JSON.stringify({ name: 'x', scripts: { build: 'sh ./build.sh', start: 'node server.js' } });

/** Makes a repository with a program for its build and with the library as the submodule `lib`. Returns its URL. */
const makeTool = async (name: string, program: string, entry: string): Promise<string> => {
  const url = await target.repository(name, { 'package.json': manifest, 'build.sh': program, '.gitmodules': entry });
  await git(name, 'read-tree', 'main');
  await git(name, 'update-index', '--add', '--cacheinfo', `160000,${library},lib`);
  const tree = await git(name, 'write-tree');
  const commit = await git(name, 'commit-tree', '-p', 'main', '-m', 'with a submodule', tree);
  await git(name, 'update-ref', 'refs/heads/main', commit);
  return url;
};

const linesOf = async (id: string): Promise<string> =>
  (await mine.follow(id)).map(({ line }) => String(line ?? '')).join('\n');

const program = `echo "library: $(cat lib/library.txt)"
echo "describe: $(git describe)"
echo "changes: [$(git status --porcelain)]"
echo "version: $SOURCE_VERSION"
`;

describe('a build of a repository with a submodule', () => {
  test(
    'has the files of the submodule, the history of git and the commit',
    async () => {
      const url = await makeTool('with-library', program, '[submodule "lib"]\n\tpath = lib\n\turl = ../library.git\n');
      await git('with-library', 'tag', '-a', '-m', 'a version', 'v1.0', 'main~1');
      const commit = await git('with-library', 'rev-parse', 'main');
      const { name } = await mine.start({ source_url: url });
      const lines = await linesOf(name);
      const build = await mine.get(name);
      expect([build.status, build.message]).toEqual(['BUILD_SUCCESS', expect.any(String)]);
      expect(lines).toContain('library: text of the library');
      expect(lines).toContain(`describe: v1.0-1-g${commit.slice(0, 7)}`);
      expect(lines).toContain('changes: []');
      expect(lines).toContain(`version: ${commit}`);
      const again = await mine.start({ source_url: url });
      expect((await mine.finished(again.name)).destination_image).toBe(build.destination_image);
    },
    buildTimeoutMs,
  );

  test.each([
    ['a private address', 'http://10.0.0.1/x.git', 'not cloned over unencrypted http|not on the public Internet'],
    ['the metadata address', 'https://169.254.169.254/x.git', 'not on the public Internet'],
    ['a program', 'ext::id', 'Only https:// addresses are cloned'],
  ])(
    'fails with a sentence, when its address is %s',
    async (kind, address, sentence) => {
      const entry = `[submodule "lib"]\n\tpath = lib\n\turl = ${address}\n`;
      const url = await makeTool(`hostile-${kind.replaceAll(' ', '-').toLowerCase()}`, program, entry);
      const { name } = await mine.start({ source_url: url });
      const build = await mine.finished(name);
      expect(build.status).toBe('BUILD_FAILURE');
      expect(build.message).toMatch(/^Step clone failed with exit code 128/);
      expect(build.message).toContain('The submodule at lib: ');
      expect(build.message).toMatch(new RegExp(sentence));
    },
    buildTimeoutMs,
  );
});
