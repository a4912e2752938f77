import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encodeLine, flushPacket } from '../../../../lib/source/pkt-line.ts';
import type { Source } from '../../../../lib/source/source.ts';
import { createSource } from '../../../../lib/source/source.ts';
import { selfSigned } from './certificate.ts';
import type { Listening, Repositories } from './git-server.ts';
import { backend, commit, createRepository, createRoot, listen, serve } from './git-server.ts';
import { codeOf, failureOf, local } from './refusals.ts';

const advertisement = 'application/x-git-upload-pack-advertisement';
const tail = '/info/refs?service=git-upload-pack';

let repositories: Repositories;
let head: string;
const servers: Listening[] = [];
const source: Source = createSource(local);

const started = async (server: Promise<Listening>): Promise<Listening> => {
  const listening = await server;
  servers.push(listening);
  return listening;
};

beforeAll(() => {
  repositories = createRoot();
  head = commit(createRepository(repositories.root, 'tool.git'), 'one');
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  repositories.remove();
});

describe('resolve when the git server misbehaves', () => {
  const respondWith = async (
    type: string,
    body: Buffer | string,
    headers: Record<string, string> = {},
    status = 200,
  ) => {
    const server = await started(
      serve((_request, response) => response.writeHead(status, { 'Content-Type': type, ...headers }).end(body)),
    );
    return `${server.url}/tool.git`;
  };

  test.each<[number, string]>([
    [401, 'source_requires_password'],
    [403, 'source_requires_password'],
    [404, 'source_not_found'],
    [410, 'source_not_found'],
    [429, 'source_unreachable'],
    [500, 'source_unreachable'],
    [503, 'source_unreachable'],
    [204, 'source_not_git'],
    [304, 'source_not_git'],
    [418, 'source_not_git'],
  ])('a server that responds with %i is refused', async (status, code) => {
    expect(await codeOf(source.resolve(await respondWith('text/plain', '', {}, status), ''))).toBe(code);
  });

  const lines = (...texts: string[]) => Buffer.concat([...texts.map(encodeLine), flushPacket]);
  test.each<[string, string, string | Buffer, string]>([
    ['shows a web page', 'text/html', '<html>hello</html>', 'source_not_git'],
    ['speaks the dumb protocol', 'text/plain', `${'a'.repeat(40)}\trefs/heads/main\n`, 'source_not_git'],
    ['sends an empty response', advertisement, '', 'source_empty'],
    ['sends JSON', 'application/json', '{}', 'source_not_git'],
    ['sends garbage', advertisement, 'garbage in a git disguise', 'source_not_git'],
    ['ends in the middle of a packet', advertisement, '00ffabc', 'source_not_git'],
    ['offers another service', advertisement, lines('# service=git-receive-pack'), 'source_not_git'],
    [
      'sends no flush after its header',
      advertisement,
      lines('# service=git-upload-pack', 'version 2'),
      'source_not_git',
    ],
    ['sends a malformed list of refs', advertisement, lines('nonsense refs/heads/main'), 'source_not_git'],
    ['reports a missing repository', advertisement, lines('ERR Repository not found.'), 'source_not_found'],
    ['reports an error', advertisement, lines('ERR too tired'), 'source_not_git'],
    [
      'sends packets after its capabilities',
      advertisement,
      Buffer.concat([lines('version 2'), lines('x')]),
      'source_not_git',
    ],
  ])('a server that %s is refused', async (_what, type, body, code) => {
    expect(await codeOf(source.resolve(await respondWith(type, body), 'main'))).toBe(code);
  });

  test('a compressed response is read', async () => {
    const body = gzipSync(lines(`${'a'.repeat(40)} refs/heads/main\0agent=x`));
    const url = await respondWith(advertisement, body, { 'Content-Encoding': 'gzip' });
    expect((await source.resolve(url, 'main')).commit).toBe('a'.repeat(40));
  });

  test('a long compressed response is closed once the ref is found', async () => {
    const refs = Array.from({ length: 5000 }, (_, index) => `${randomBytes(20).toString('hex')} refs/tags/${index}`);
    const [main, ...rest] = [`${'a'.repeat(40)} refs/heads/main\0agent=x`, ...refs];
    for (const pack of [gzipSync, deflateSync]) {
      const encoding = pack === gzipSync ? 'gzip' : 'deflate';
      const url = await respondWith(advertisement, pack(lines(main ?? '', ...rest)), { 'Content-Encoding': encoding });
      expect((await source.resolve(url, 'main')).commit).toBe('a'.repeat(40));
    }
  });

  test('a response with broken or unknown compression is refused', async () => {
    const broken = await respondWith(advertisement, 'no gzip', { 'Content-Encoding': 'deflate' });
    expect(await codeOf(source.resolve(broken, ''))).toBe('source_not_git');
    const unknown = await respondWith(advertisement, 'x', { 'Content-Encoding': 'br' });
    expect(await codeOf(source.resolve(unknown, ''))).toBe('source_not_git');
  });

  test('a compression bomb ends at the byte limit', async () => {
    const one = encodeLine(`${'a'.repeat(40)} refs/heads/${'b'.repeat(2000)}\0agent=x`);
    const bomb = gzipSync(Buffer.concat(Array.from({ length: 10_000 }, () => one)));
    const url = await respondWith(advertisement, bomb, { 'Content-Encoding': 'gzip' });
    const small = createSource({ ...local, maxBytes: 1_000_000 });
    expect((await failureOf(small.resolve(url, 'main'))).message).toContain('1000000 bytes');
  });

  test('a response without an end ends at the byte limit', async () => {
    const line = encodeLine(`${'a'.repeat(40)} refs/heads/other`);
    const server = await started(
      serve((_request, response) => {
        response.writeHead(200, { 'Content-Type': advertisement });
        const more = () => {
          while (!response.destroyed && response.write(line));
        };
        response.on('drain', more);
        more();
      }),
    );
    const small = createSource({ ...local, maxBytes: 200_000 });
    expect(await codeOf(small.resolve(`${server.url}/tool.git`, 'main'))).toBe('source_unreachable');
  });

  test.each<[string, boolean]>([
    ['never responds', false],
    ['sends one byte only', true],
  ])('a server that %s runs into the time limit, and its connection is closed', async (_what, head) => {
    const closed = Promise.withResolvers<void>();
    const server = await started(
      serve((request, response) => {
        request.socket.on('close', () => closed.resolve());
        if (head) response.writeHead(200, { 'Content-Type': advertisement }).write('0');
      }),
    );
    const hasty = createSource({ ...local, timeoutMs: 200 });
    const error = await failureOf(hasty.resolve(`${server.url}/tool.git`, ''));
    expect([error.code, error.message]).toEqual(['source_unreachable', expect.stringContaining('0.2 seconds')]);
    await closed.promise;
  });

  test('a lookup of a name without an end runs into the time limit', async () => {
    const hasty = createSource({ ...local, timeoutMs: 100, resolveHost: () => new Promise(() => undefined) });
    expect(await codeOf(hasty.resolve('http://git.example.org/tool.git', ''))).toBe('source_unreachable');
  });

  test("resolve ends with its signal's reason", async () => {
    const received = Promise.withResolvers<void>();
    const server = await started(serve(() => received.resolve()));
    const caller = new AbortController();
    const result = source.resolve(`${server.url}/tool.git`, '', caller.signal);
    await received.promise;
    caller.abort(new Error('gone'));
    await expect(result).rejects.toThrow('gone');
    await expect(source.resolve(`${server.url}/tool.git`, '', caller.signal)).rejects.toThrow('gone');
  });

  test('a closed connection, a refused connection and another protocol get different errors', async () => {
    const mute = createTcpServer((socket) => socket.on('error', () => undefined).destroy());
    const babble = createTcpServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-OpenSSH\r\n'));
    const ports: number[] = [];
    for (const server of [mute, babble]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      ports.push((server.address() as { port: number }).port);
    }
    const at = (index: number) => source.resolve(`http://127.0.0.1:${ports[index]}/x`, '');
    expect((await failureOf(at(0))).message).toContain('closed the connection');
    expect(await codeOf(at(1))).toBe('source_not_git');
    mute.close();
    babble.close();
    await once(mute, 'close').catch(() => undefined);
    expect((await failureOf(at(0))).message).toContain('refuses connections');
  });
});

describe('resolve over HTTPS', () => {
  let current: Listening;
  beforeAll(async () => {
    current = await started(serve(backend(repositories.root)));
  });

  test('a server with an unknown certificate is refused', async () => {
    const { key, cert } = await selfSigned();
    const server = await started(listen(createServer({ key, cert }, backend(repositories.root)), 'https'));
    const unknown = await failureOf(source.resolve(`${server.url}/tool.git`, ''));
    expect([unknown.code, unknown.message]).toEqual(['source_unreachable', expect.stringContaining('TLS')]);
    const trusting = createSource({ allowedAddresses: ['127.0.0.0/8'], ca: cert });
    expect((await trusting.resolve(`${server.url}/tool.git`, 'main')).commit).toBe(head);
    const plain = await failureOf(source.resolve(`https://127.0.0.1:${current.port}/tool.git`, ''));
    expect([plain.code, plain.message]).toEqual(['source_unreachable', expect.stringContaining('TLS')]);
  });

  test('a redirect from https to http is refused', async () => {
    const { key, cert } = await selfSigned();
    const respond = backend(repositories.root);
    const server = createServer({ key, cert }, (request, response) =>
      request.url?.startsWith('/old')
        ? void response.writeHead(301, { Location: `${current.url}/tool.git${tail}` }).end()
        : respond(request, response),
    );
    const listening = await started(listen(server, 'https'));
    const trusting = createSource({ ...local, ca: cert });
    expect(await codeOf(trusting.resolve(`${listening.url}/old`, ''))).toBe('source_redirected');
  });
});
