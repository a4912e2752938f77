import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../../../lib/errors.ts';
import type { Source, SourceOptions } from '../../../../lib/source/source.ts';
import { createSource } from '../../../../lib/source/source.ts';
import type { Listening, Repositories } from './git-server.ts';
import { backend, commit, createRepository, createRoot, git, listen, serve } from './git-server.ts';
import { codeOf, failureOf, local } from './refusals.ts';

const tail = '/info/refs?service=git-upload-pack';

let repositories: Repositories;
let servers: Listening[];
let current: Listening;
let old: Listening;
let hashes: { first: string; second: string; nested: string; tag: string; tree: string };
const source: Source = createSource(local);

const started = async (server: Promise<Listening>): Promise<Listening> => {
  const listening = await server;
  servers.push(listening);
  return listening;
};

beforeAll(async () => {
  servers = [];
  repositories = createRoot();
  const folder = createRepository(repositories.root, 'tool.git');
  const first = commit(folder, 'one');
  git(folder, 'tag', '-a', 'v1', '-m', 'first');
  git(folder, 'tag', 'light');
  git(folder, 'tag', '-a', 'v1-signed', '-m', 'a tag of a tag', 'v1');
  git(folder, 'checkout', '-q', '-b', 'a/main');
  const nested = commit(folder, 'nested');
  git(folder, 'branch', 'v1');
  git(folder, 'checkout', '-q', 'main');
  const second = commit(folder, 'two');
  git(folder, 'update-ref', 'refs/pull/1/head', nested);
  const [tag, tree] = [git(folder, 'rev-parse', 'refs/tags/v1'), git(folder, 'rev-parse', 'main^{tree}')];
  hashes = { first, second, nested, tag, tree };
  createRepository(repositories.root, 'empty.git');
  const detached = createRepository(repositories.root, 'headless.git');
  commit(detached, 'one');
  git(detached, 'symbolic-ref', 'HEAD', 'refs/heads/gone');
  current = await started(serve(backend(repositories.root)));
  old = await started(serve(backend(repositories.root, { version: 0 })));
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  repositories.remove();
});

describe.each([
  ['version 2', () => current],
  ['version 0', () => old],
])('resolve over %s of the git protocol', (_version, server) => {
  const resolve = (ref?: string) => source.resolve(`${server().url}/tool.git`, ref);

  test('resolve returns the default branch for no ref, an empty ref and HEAD', async () => {
    const { second: commit } = hashes;
    const url = `${server().url}/tool.git`;
    const expected = { url, ref: '', commit, refHash: commit, name: 'refs/heads/main' };
    expect(await resolve()).toEqual(expected);
    expect(await resolve('')).toEqual(expected);
    expect(await resolve('HEAD')).toEqual({ ...expected, ref: 'HEAD' });
  });

  test.each<[string, keyof typeof hashes, string]>([
    ['main', 'second', 'refs/heads/main'],
    ['a/main', 'nested', 'refs/heads/a/main'],
    ['refs/heads/a/main', 'nested', 'refs/heads/a/main'],
    ['light', 'first', 'refs/tags/light'],
    ['v1', 'nested', 'refs/heads/v1'],
    ['refs/tags/v1', 'first', 'refs/tags/v1'],
    ['refs/pull/1/head', 'nested', 'refs/pull/1/head'],
  ])('resolve finds %s', async (ref, hash, name) => {
    expect(await resolve(ref)).toMatchObject({ ref, commit: hashes[hash], name });
  });

  test('resolve finds full hashes of commits, also in capitals, and of tags', async () => {
    const { first, second, tag } = hashes;
    expect(await resolve(second)).toMatchObject({ commit: second, refHash: second });
    expect(await resolve(first.toUpperCase())).toMatchObject({ commit: first, refHash: first });
    expect(await resolve(tag)).toMatchObject({ commit: first, refHash: tag });
  });

  test.each(['HEAD', 'refs/heads/main', 'a/main', 'light', 'v1', 'refs/tags/v1', 'v1-signed', 'refs/pull/1/head'])(
    'resolve returns the hash that git ls-remote prints first for %s, and the commit that it leads to',
    async (ref) => {
      const folder = join(repositories.root, 'tool.git');
      const [printed = ''] = git(folder, 'ls-remote', folder, ref).split('\t');
      const commit = git(folder, 'rev-parse', `${printed}^{commit}`);
      expect(await resolve(ref)).toMatchObject({ commit, refHash: printed });
    },
  );

  test('resolve refuses unknown names with a hint', async () => {
    const unknown = await failureOf(resolve('mian'));
    expect([unknown.status, unknown.code]).toEqual([400, 'ref_not_found']);
    expect(unknown.message).toContain('Did you mean main');
    expect((await failureOf(resolve('nothing-like-it'))).message).toContain('default branch is main');
    expect((await failureOf(resolve(hashes.first.slice(0, 10)))).message).toContain('full hash');
    expect(await codeOf(resolve('refs/heads/v'))).toBe('ref_not_found');
    expect(await codeOf(resolve('heads/main'))).toBe('ref_not_found');
    expect(await codeOf(resolve('0'.repeat(64)))).toBe('ref_not_found');
  });

  test('resolve refuses an empty repository and a missing default branch', async () => {
    expect(await codeOf(source.resolve(`${server().url}/empty.git`, ''))).toBe('source_empty');
    expect(await codeOf(source.resolve(`${server().url}/empty.git`, 'main'))).toBe('source_empty');
    const headless = await failureOf(source.resolve(`${server().url}/headless.git`, ''));
    expect([headless.code, headless.message]).toEqual(['ref_not_found', expect.stringContaining('such as main')]);
  });

  test('resolve refuses a missing repository', async () => {
    expect(await codeOf(source.resolve(`${server().url}/missing.git`, ''))).toBe('source_not_found');
  });
});

test('the ref main never means the branch a/main', async () => {
  const folder = createRepository(repositories.root, 'nested-only.git');
  git(folder, 'checkout', '-q', '-b', 'a/main');
  commit(folder, 'one');
  for (const server of [current, old]) {
    expect(await codeOf(source.resolve(`${server.url}/nested-only.git`, 'main'))).toBe('ref_not_found');
  }
});

test('a hash of another object and a missing hash are refused where the server can tell', async () => {
  const at = `${current.url}/tool.git`;
  expect((await failureOf(source.resolve(at, hashes.tree))).message).toContain('another kind');
  expect((await failureOf(source.resolve(at, 'ab'.repeat(20)))).message).toContain('no commit');
  expect(await codeOf(source.resolve(`${current.url}/empty.git`, 'ab'.repeat(20)))).toBe('source_empty');
  expect((await source.resolve(`${old.url}/tool.git`, 'ab'.repeat(20))).commit).toBe('ab'.repeat(20));
});

test('resolve reads repositories with SHA-256 hashes', async () => {
  const folder = createRepository(repositories.root, 'sha256.git', '--object-format=sha256');
  const hash = commit(folder, 'one');
  expect(hash).toHaveLength(64);
  for (const server of [current, old]) {
    expect((await source.resolve(`${server.url}/sha256.git`, 'main')).commit).toBe(hash);
    expect((await source.resolve(`${server.url}/sha256.git`, hash)).commit).toBe(hash);
    expect(await codeOf(source.resolve(`${server.url}/sha256.git`, 'a'.repeat(40)))).toBe('ref_not_found');
  }
});

test('resolve reads version 1 of the git protocol', async () => {
  const server = await started(serve(backend(repositories.root, { version: 1 })));
  expect((await source.resolve(`${server.url}/tool.git`, 'v1')).commit).toBe(hashes.nested);
});

test('a resolution uses one connection and closes it', async () => {
  const listener = backend(repositories.root);
  const closed: Promise<unknown>[] = [];
  const server = createHttpServer(listener);
  server.on('connection', (socket) => closed.push(once(socket, 'close')));
  const listening = await started(listen(server));
  await source.resolve(`${listening.url}/tool.git`, 'main');
  await Promise.all(closed);
  expect(closed).toHaveLength(1);
});

describe('redirects of the source URL', () => {
  const redirecting = (locate: (path: string, port: number) => string | undefined, status = 302) => {
    const respond = backend(repositories.root);
    return started(
      serve((request, response) => {
        const location = locate(request.url ?? '', request.socket.localPort ?? 0);
        if (location === undefined) return void respond(request, response);
        response.writeHead(status, { Location: location }).end('moved');
      }),
    );
  };

  test.each([301, 302, 303, 307, 308])(
    'a redirect with %i is followed, and resolve returns the new address',
    async (status) => {
      const server = await redirecting((path) => (path.startsWith('/old') ? `/tool.git${tail}` : undefined), status);
      const found = await source.resolve(`${server.url}/old.git/`, 'main');
      expect(found).toMatchObject({ url: `${server.url}/tool.git`, commit: hashes.second });
    },
  );

  test.each<[string, string, (path: string, port: number) => string | undefined]>([
    ['in a circle', 'source_redirected', (path) => (path.startsWith('/a') ? `/b${tail}` : `/a${tail}`)],
    ['for ever', 'source_redirected', (path) => `/${Number(path.split('/')[1]) + 1}${tail}`],
    ['to a login page', 'source_redirected', () => '/login?next=tool.git'],
    ['to nonsense', 'source_redirected', () => 'http://['],
    ['to another scheme', 'source_redirected', () => 'file:///etc/passwd'],
    ['to another scheme in disguise', 'source_forbidden', () => `ssh://127.0.0.1/x${tail}`],
    ['to a private address', 'source_forbidden', (_path, port) => `http://10.0.0.1:${port}/x${tail}`],
    ['to the metadata address', 'source_forbidden', () => `http://169.254.169.254/latest${tail}`],
    ['to a mapped private address', 'source_forbidden', () => `http://[::ffff:10.0.0.1]/x${tail}`],
    ['to an address with a password', 'source_invalid', (_path, port) => `http://u:p@127.0.0.1:${port}/x${tail}`],
  ])('a redirect %s is refused', async (_how, code, locate) => {
    const server = await redirecting(locate);
    expect(await codeOf(source.resolve(`${server.url}/1`, 'main'))).toBe(code);
  });

  test('a redirect of the second request is refused', async () => {
    const server = await redirecting((path) => (path.endsWith('/git-upload-pack') ? '/other' : undefined));
    expect(await codeOf(source.resolve(`${server.url}/tool.git`, 'main'))).toBe('source_redirected');
  });
});

describe('addresses of git servers', () => {
  test('an address that is not public is refused unless it is allowed', async () => {
    const strict = createSource({ allowedAddresses: [], allowHttp: true });
    for (const host of ['127.0.0.1', 'localhost', 'localhost.', '2130706433', '0x7f.1', '0177.1', '[::1]', '0']) {
      expect(await codeOf(strict.resolve(`http://${host}:${current.port}/tool.git`, ''))).toBe('source_forbidden');
    }
  });

  test('the addresses of a name are checked for every connection, so a name that changes its addresses gains nothing', async () => {
    const lookups = [['127.0.0.1'], ['10.1.2.3']];
    const rebound = createSource({ ...local, resolveHost: async () => lookups.shift() ?? [] });
    const error = await failureOf(rebound.resolve(`http://git.example.org:${current.port}/tool.git`, 'main'));
    expect(error.code).toBe('source_forbidden');
    expect(error.message).not.toContain('10.1.2.3');
    expect(lookups).toEqual([]);
  });

  test('a name with allowed and forbidden addresses is reached at the allowed address', async () => {
    const mixed = createSource({ ...local, resolveHost: async () => ['10.1.2.3', '127.0.0.1'] });
    const found = await mixed.resolve(`http://git.example.org:${current.port}/tool.git`, 'main');
    expect(found.commit).toBe(hashes.second);
  });

  test('a name that does not exist is refused', async () => {
    const missing = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const lost = createSource({ ...local, resolveHost: () => Promise.reject(missing) });
    const error = await failureOf(lost.resolve('http://git.example.org/tool.git', ''));
    expect([error.code, error.message]).toEqual(['source_unreachable', expect.stringContaining('DNS')]);
  });
});

test('createSource refuses wrong settings', () => {
  const wrong: Partial<SourceOptions>[] = [
    { allowedAddresses: ['127.0.0.1'] },
    { allowedAddresses: ['localhost/8'] },
    { allowedPorts: [0] },
    { timeoutMs: 0 },
    { maxBytes: 1.5 },
    { maxRedirects: -1 },
  ];
  for (const options of wrong) expect(() => createSource({ allowedAddresses: [], ...options })).toThrow(ConfigError);
});
