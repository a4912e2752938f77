import { once } from 'node:events';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startServer, type TestServer } from '../support/server.ts';
import { type Caller, expectCleanLog, expectRefusal, expectStatus, forTool } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;
let source_url: string;
const servers: TestServer[] = [];
const tcpServers: Server[] = [];

const git = (name: string, ...words: string[]): Promise<string> =>
  target.git(name, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...words);

/** Starts an HTTP server for one test, and returns the URL of a git repository on the server. */
const startGitServer = async (...listener: Parameters<typeof startServer>): Promise<string> => {
  const server = await startServer(...listener);
  servers.push(server);
  return `${server.url}/tool.git`;
};

const suffix = '/info/refs?service=git-upload-pack';
const advertisement = { 'content-type': 'application/x-git-upload-pack-advertisement' };

beforeAll(async () => {
  target = await startTarget({ SOURCE_TIMEOUT_MS: '4000' });
  mine = await forTool(target, 'sources');
  source_url = await target.repository('sources', { Procfile: 'web: true\n' });
}, buildTimeoutMs);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  for (const server of tcpServers) server.close();
  expect((await mine.list()).length).toBe(0);
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

/**
 * Checks that the API refuses to start a build of a git repository, with 400 and an error code. Returns the error
 * sentence.
 */
const expectRefused = async (url: string, code: string, ref?: string): Promise<string> => {
  const response = await mine.post({ source_url: url, ...(ref === undefined ? {} : { ref }) });
  expectRefusal(response, 400, code);
  return (response.json.error as string[])[0] ?? '';
};

describe('start-build refuses the address of a repository:', () => {
  test.each([
    ['--upload-pack=touch /tmp/x', 'source_invalid'],
    ['--upload-pack=id', 'source_invalid'],
    ['-oProxyCommand=id', 'source_invalid'],
    ['ssh://git@github.com/x/y', 'source_forbidden'],
    ['git@github.com:x/y.git', 'source_forbidden'],
    ['git://github.com/x/y', 'source_forbidden'],
    ['ext::sh -c id', 'source_invalid'],
    ['ext::id', 'source_forbidden'],
    ['file:///etc/passwd', 'source_forbidden'],
    ['/etc', 'source_invalid'],
    ['..', 'source_invalid'],
    ['ftp://example.org/x', 'source_forbidden'],
    ['javascript:alert(1)', 'source_forbidden'],
    ['data:text/plain,x', 'source_forbidden'],
    ['fd::17', 'source_forbidden'],
    ['https://user:secret@example.org/x', 'source_invalid'],
    ['https://token@example.org/x', 'source_invalid'],
    ['https://example.org@169.254.169.254/x', 'source_invalid'],
    ['https://', 'source_invalid'],
    ['https://example.org:99999/x', 'source_invalid'],
    ['https://example.org/x?service=git-receive-pack', 'source_invalid'],
    ['https://example.org/x#main', 'source_invalid'],
    ['https://example.org/x y', 'source_invalid'],
    ['https://example.org/x\n', 'source_invalid'],
    ['https://example.org/x%0d%0aHost:%20y', 'source_invalid'],
    ['https:\\\\example.org\\x', 'source_invalid'],
    ['https:/example.org/x', 'source_invalid'],
    ['https://exa\u202emple.org/x', 'source_invalid'],
    ['https://[::1/x', 'source_invalid'],
    ['https://no-such-host.invalid/x', 'source_unreachable'],
  ])('%j gets %s', async (url, code) => {
    await expectRefused(url, code);
  });

  test.each([
    'http://10.0.0.1/x',
    'http://192.168.1.1/x',
    'http://172.16.0.1/x',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0/x',
    'http://0/x',
    'http://100.64.0.1/x',
    'http://[fe80::1]/x',
    'http://[fd00::1]/x',
    'http://[::ffff:10.0.0.1]/x',
    'http://[64:ff9b::a00:1]/x',
    'http://0xa9fea9fe/x',
    'http://2852039166/x',
    'http://012.0.0.1/x',
    'http://10.0.0.1./x',
    'http://255.255.255.255/x',
    'http://224.0.0.1/x',
  ])('%s is a private address', async (url) => {
    await expectRefused(url, 'source_forbidden');
  });

  test.each(['http://10.0.0.1/x.git', 'http://169.254.169.254/x.git', 'http://[::ffff:192.168.0.1]/x.git'])(
    'a redirect to the private address %s',
    async (to) => {
      const url = await startGitServer((_, res) => res.writeHead(302, { location: `${to}${suffix}` }).end());
      await expectRefused(url, 'source_forbidden');
    },
  );

  test.each([
    ['another scheme', () => 'file:///etc/passwd', 'source_redirected'],
    ['a file in the form of a repository', () => `file:///etc${suffix}`, 'source_forbidden'],
    ['credentials', () => `http://a:b@127.0.0.1:1/x.git${suffix}`, 'source_invalid'],
    ['a web page', () => 'http://127.0.0.1:1/login', 'source_redirected'],
    ['itself', () => suffix.slice(1), 'source_redirected'],
    ['a broken URL', () => 'http://[', 'source_redirected'],
  ])('a redirect to %s', async (_, location, code) => {
    const url = await startGitServer((req, res) => {
      const to = location();
      res.writeHead(302, { location: to.startsWith('info') ? (req.url ?? '') : to }).end();
    });
    await expectRefused(url, code);
  });

  test('a redirect of a request of the git protocol', async () => {
    const url = await startGitServer((req, res) => {
      if (req.method === 'POST') res.writeHead(307, { location: 'http://10.0.0.1/x' }).end();
      else res.writeHead(200, advertisement).end('000eversion 2\n0013ls-refs=unborn\n0000');
    });
    await expectRefused(url, 'source_redirected');
  });
});

test(
  'a repository that uses SHA-256 is built',
  async () => {
    const folder = '../sha256.git';
    await git('sources', 'init', '--quiet', '--initial-branch=main', '--object-format=sha256', folder);
    await git('sources', '--git-dir=.', `--work-tree=${folder}`, 'checkout', 'main', '--', '.');
    await git('sources', '-C', folder, 'add', 'Procfile');
    await git('sources', '-C', folder, 'commit', '--quiet', '-m', 'x');
    const other = await forTool(target, 'sha256');
    const { name } = await other.start({ source_url: target.gitUrl('sha256') });
    const build = await other.finished(name);
    expect([build.status, build.message]).toEqual(['BUILD_SUCCESS', expect.any(String)]);
    expect(build.resolved_ref).toMatch(/^[0-9a-f]{64}$/);
  },
  buildTimeoutMs,
);

describe('start-build refuses a repository', () => {
  test('that does not exist', async () => {
    await expectRefused(target.gitUrl('missing'), 'source_not_found');
  });

  test('that has no commits', async () => {
    await target.repository('empty', { a: 'a' });
    await git('empty', 'update-ref', '-d', 'refs/heads/main');
    await expectRefused(target.gitUrl('empty'), 'source_empty');
    await expectRefused(target.gitUrl('empty'), 'source_empty', 'main');
  });

  test('that needs a password', async () => {
    const url = await startGitServer((_, res) => res.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
    await expectRefused(url, 'source_requires_password');
  });

  test('on a server that sends a web page, an error or nothing', async () => {
    await expectRefused(
      await startGitServer((_, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>')),
      'source_not_git',
    );
    await expectRefused(await startGitServer((_, res) => res.writeHead(500).end()), 'source_unreachable');
    await expectRefused(await startGitServer((req) => req.socket.destroy()), 'source_unreachable');
    await expectRefused('http://127.0.0.1:1/closed.git', 'source_unreachable');
  });

  test.each<[string, Parameters<typeof startServer>[0]]>([
    ['never responds', () => undefined],
    ['sends headers only', (_, res) => void res.writeHead(200, advertisement).flushHeaders()],
    [
      'sends one byte each 100 ms',
      (_, res) => {
        res.writeHead(200, advertisement).write('fff0');
        const timer = setInterval(() => res.write('x'), 100);
        res.on('close', () => clearInterval(timer));
      },
    ],
  ])('on a server that %s', async (_, listener) => {
    expect(await expectRefused(await startGitServer(listener), 'source_unreachable')).toMatch(/seconds/);
  });

  test('on a server that never ends its response', async () => {
    const ref = `003d${'1'.repeat(40)} refs/heads/${'x'.repeat(5)}\n`.padEnd(61, ' ');
    const url = await startGitServer((_, res) => {
      res.writeHead(200, advertisement);
      const chunk = ref.repeat(1000);
      const more = () => {
        while (!res.destroyed && res.write(chunk));
      };
      res.on('drain', more);
      more();
    });
    const { json } = expectStatus(await mine.post({ source_url: url }), 400);
    expect(json.code).toMatch(/^source_/);
  });

  test('on a server that does not speak HTTP', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('SSH-2.0-OpenSSH_9.2\r\n');
    }).listen(0, '127.0.0.1');
    tcpServers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expectRefused(`http://127.0.0.1:${port}/x.git`, 'source_not_git');
  });
});

describe('start-build refuses a ref:', () => {
  test('a tag of a file or a folder leads to no commit', async () => {
    const url = await target.repository('kinds', { Procfile: 'web: true\n' });
    await git('kinds', 'tag', 'light', 'main^{tree}');
    await git('kinds', 'tag', '-a', 'folder', '-m', 'a folder', 'main^{tree}');
    await git('kinds', 'tag', '-a', 'file', '-m', 'a file', 'main:Procfile');
    for (const ref of ['light', 'folder', 'file', 'refs/tags/file'])
      expect(await expectRefused(url, 'ref_not_found', ref)).toContain(`${ref} leads to no commit`);
    for (const object of ['main^{tree}', 'main:Procfile', 'file'])
      await expectRefused(url, 'ref_not_found', await git('kinds', 'rev-parse', object));
  });

  test.each([
    '--upload-pack=id',
    '-x',
    'a b',
    'a..b',
    'a~1',
    'a^',
    'a:b',
    'a\nb',
    'a\0b',
    '@{u}',
    'x.lock',
    '/a',
    'a/',
    '*',
  ])('%j is not a valid ref name', async (ref) => {
    await expectRefused(source_url, 'ref_invalid', ref);
  });

  test.each(['nothing', 'refs/heads/nothing', '1'.repeat(40), 'abcdef1'])('%s does not exist', async (ref) => {
    await expectRefused(source_url, 'ref_not_found', ref);
  });

  test('main does not mean a/main, and a does not mean a/main', async () => {
    const url = await target.repository('slashes', { Procfile: 'web: true\n' });
    await git('slashes', 'branch', '-m', 'main', 'a/main');
    await git('slashes', 'symbolic-ref', 'HEAD', 'refs/heads/a/main');
    await expectRefused(url, 'ref_not_found', 'main');
    await expectRefused(url, 'ref_not_found', 'heads/a/main');
    await expectRefused(url, 'ref_not_found', 'a');
  });
});
