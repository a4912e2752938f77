import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../../../lib/errors.ts';
import type { Source, SourceOptions } from '../../../../lib/source/source.ts';
import { createSource } from '../../../../lib/source/source.ts';
import type { Listening, Repositories } from './git-server.ts';
import { backend, commit, createRepository, createRoot, git, listen, serve } from './git-server.ts';
import { codeOf, failureOf, LOCAL } from './refusals.ts';

const TAIL = '/info/refs?service=git-upload-pack';

let repositories: Repositories;
let servers: Listening[];
let current: Listening;
let old: Listening;
let hashes: { first: string; second: string; nested: string; tag: string; tree: string };
const source: Source = createSource(LOCAL);

async function started(server: Promise<Listening>): Promise<Listening> {
  const listening = await server;
  servers.push(listening);
  return listening;
}

beforeAll(async () => {
  servers = [];
  repositories = createRoot();
  const folder = createRepository(repositories.root, 'tool.git');
  const first = commit(folder, 'one');
  git(folder, 'tag', '-a', 'v1', '-m', 'first');
  git(folder, 'tag', 'light');
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
])('a repository over %s', (_version, server) => {
  const resolve = (ref?: string) => source.resolve(`${server().url}/tool.git`, ref);

  test('has a default branch', async () => {
    const expected = { url: `${server().url}/tool.git`, ref: '', commit: hashes.second, name: 'refs/heads/main' };
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
  ])('resolves %s', async (ref, hash, name) => {
    expect(await resolve(ref)).toMatchObject({ ref, commit: hashes[hash], name });
  });

  test('takes full hashes of commits, in capitals too, and of tags', async () => {
    expect((await resolve(hashes.second)).commit).toBe(hashes.second);
    expect((await resolve(hashes.first.toUpperCase())).commit).toBe(hashes.first);
    expect((await resolve(hashes.tag)).commit).toBe(hashes.first);
  });

  test('knows no other names', async () => {
    const unknown = await failureOf(resolve('mian'));
    expect([unknown.status, unknown.code]).toEqual([400, 'ref_not_found']);
    expect(unknown.message).toContain('Did you mean main');
    expect((await failureOf(resolve('nothing-like-it'))).message).toContain('default branch is main');
    expect((await failureOf(resolve(hashes.first.slice(0, 10)))).message).toContain('full hash');
    expect(await codeOf(resolve('refs/heads/v'))).toBe('ref_not_found');
    expect(await codeOf(resolve('heads/main'))).toBe('ref_not_found');
    expect(await codeOf(resolve('0'.repeat(64)))).toBe('ref_not_found');
  });

  test('may be empty, or have no default branch', async () => {
    expect(await codeOf(source.resolve(`${server().url}/empty.git`, ''))).toBe('source_empty');
    expect(await codeOf(source.resolve(`${server().url}/empty.git`, 'main'))).toBe('source_empty');
    const headless = await failureOf(source.resolve(`${server().url}/headless.git`, ''));
    expect([headless.code, headless.message]).toEqual(['ref_not_found', expect.stringContaining('such as main')]);
  });

  test('may be missing', async () => {
    expect(await codeOf(source.resolve(`${server().url}/missing.git`, ''))).toBe('source_not_found');
  });
});

test('main is never a/main', async () => {
  const folder = createRepository(repositories.root, 'nested-only.git');
  git(folder, 'checkout', '-q', '-b', 'a/main');
  commit(folder, 'one');
  for (const server of [current, old]) {
    expect(await codeOf(source.resolve(`${server.url}/nested-only.git`, 'main'))).toBe('ref_not_found');
  }
});

test('a hash that is no commit, or not there, is refused where the server can tell', async () => {
  const at = `${current.url}/tool.git`;
  expect((await failureOf(source.resolve(at, hashes.tree))).message).toContain('another kind');
  expect((await failureOf(source.resolve(at, 'ab'.repeat(20)))).message).toContain('no commit');
  expect(await codeOf(source.resolve(`${current.url}/empty.git`, 'ab'.repeat(20)))).toBe('source_empty');
  expect((await source.resolve(`${old.url}/tool.git`, 'ab'.repeat(20))).commit).toBe('ab'.repeat(20));
});

test('repositories with SHA-256 hashes resolve', async () => {
  const folder = createRepository(repositories.root, 'sha256.git', '--object-format=sha256');
  const hash = commit(folder, 'one');
  expect(hash).toHaveLength(64);
  for (const server of [current, old]) {
    expect((await source.resolve(`${server.url}/sha256.git`, 'main')).commit).toBe(hash);
    expect((await source.resolve(`${server.url}/sha256.git`, hash)).commit).toBe(hash);
    expect(await codeOf(source.resolve(`${server.url}/sha256.git`, 'a'.repeat(40)))).toBe('ref_not_found');
  }
});

test('version 1 is understood', async () => {
  const server = await started(serve(backend(repositories.root, { version: 1 })));
  expect((await source.resolve(`${server.url}/tool.git`, 'v1')).commit).toBe(hashes.nested);
});

test('one connection serves a resolution, and is closed after it', async () => {
  const answer = backend(repositories.root);
  const closed: Promise<unknown>[] = [];
  const server = createHttpServer(answer);
  server.on('connection', (socket) => closed.push(once(socket, 'close')));
  const listening = await started(listen(server));
  await source.resolve(`${listening.url}/tool.git`, 'main');
  await Promise.all(closed);
  expect(closed).toHaveLength(1);
});

describe('redirects', () => {
  const redirecting = (locate: (path: string, port: number) => string | undefined, status = 302) => {
    const answer = backend(repositories.root);
    return started(
      serve((request, response) => {
        const location = locate(request.url ?? '', request.socket.localPort ?? 0);
        if (location === undefined) return void answer(request, response);
        response.writeHead(status, { Location: location }).end('moved');
      }),
    );
  };

  test.each([301, 302, 303, 307, 308])('%i is followed, and the new address told', async (status) => {
    const server = await redirecting((path) => (path.startsWith('/old') ? `/tool.git${TAIL}` : undefined), status);
    const found = await source.resolve(`${server.url}/old.git/`, 'main');
    expect(found).toMatchObject({ url: `${server.url}/tool.git`, commit: hashes.second });
  });

  test.each<[string, string, (path: string, port: number) => string | undefined]>([
    ['in a circle', 'source_redirected', (path) => (path.startsWith('/a') ? `/b${TAIL}` : `/a${TAIL}`)],
    ['for ever', 'source_redirected', (path) => `/${Number(path.split('/')[1]) + 1}${TAIL}`],
    ['to a login page', 'source_redirected', () => '/login?next=tool.git'],
    ['to nonsense', 'source_redirected', () => 'http://['],
    ['to another scheme', 'source_redirected', () => 'file:///etc/passwd'],
    ['to another scheme in disguise', 'source_forbidden', () => `ssh://127.0.0.1/x${TAIL}`],
    ['to a private address', 'source_forbidden', (_path, port) => `http://10.0.0.1:${port}/x${TAIL}`],
    ['to the metadata address', 'source_forbidden', () => `http://169.254.169.254/latest${TAIL}`],
    ['to a mapped private address', 'source_forbidden', () => `http://[::ffff:10.0.0.1]/x${TAIL}`],
    ['to an address with a password', 'source_invalid', (_path, port) => `http://u:p@127.0.0.1:${port}/x${TAIL}`],
  ])('%s are refused', async (_how, code, locate) => {
    const server = await redirecting(locate);
    expect(await codeOf(source.resolve(`${server.url}/1`, 'main'))).toBe(code);
  });

  test('of the second request are refused', async () => {
    const server = await redirecting((path) => (path.endsWith('/git-upload-pack') ? '/other' : undefined));
    expect(await codeOf(source.resolve(`${server.url}/tool.git`, 'main'))).toBe('source_redirected');
  });
});

describe('addresses', () => {
  test('that are not public need to be allowed', async () => {
    const strict = createSource({ allowedAddresses: [], allowHttp: true });
    for (const host of ['127.0.0.1', 'localhost', 'localhost.', '2130706433', '0x7f.1', '0177.1', '[::1]', '0']) {
      expect(await codeOf(strict.resolve(`http://${host}:${current.port}/tool.git`, ''))).toBe('source_forbidden');
    }
  });

  test('are checked again for every connection, so a name that changes them gains nothing', async () => {
    const answers = [['127.0.0.1'], ['10.1.2.3']];
    const rebound = createSource({ ...LOCAL, resolveHost: async () => answers.shift() ?? [] });
    const error = await failureOf(rebound.resolve(`http://git.example.org:${current.port}/tool.git`, 'main'));
    expect(error.code).toBe('source_forbidden');
    expect(error.message).not.toContain('10.1.2.3');
    expect(answers).toEqual([]);
  });

  test('of one name are used as far as they are allowed', async () => {
    const mixed = createSource({ ...LOCAL, resolveHost: async () => ['10.1.2.3', '127.0.0.1'] });
    const found = await mixed.resolve(`http://git.example.org:${current.port}/tool.git`, 'main');
    expect(found.commit).toBe(hashes.second);
  });

  test('must exist', async () => {
    const missing = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    const lost = createSource({ ...LOCAL, resolveHost: () => Promise.reject(missing) });
    const error = await failureOf(lost.resolve('http://git.example.org/tool.git', ''));
    expect([error.code, error.message]).toEqual(['source_unreachable', expect.stringContaining('DNS')]);
  });
});

test('wrong settings stop it', () => {
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
