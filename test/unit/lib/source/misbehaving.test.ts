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
import { codeOf, failureOf, LOCAL } from './refusals.ts';

const ADVERTISEMENT = 'application/x-git-upload-pack-advertisement';
const TAIL = '/info/refs?service=git-upload-pack';

let repositories: Repositories;
let head: string;
const servers: Listening[] = [];
const source: Source = createSource(LOCAL);

async function started(server: Promise<Listening>): Promise<Listening> {
  const listening = await server;
  servers.push(listening);
  return listening;
}

beforeAll(() => {
  repositories = createRoot();
  head = commit(createRepository(repositories.root, 'tool.git'), 'one');
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  repositories.remove();
});

describe('a server that', () => {
  const answering = async (type: string, body: Buffer | string, headers: Record<string, string> = {}, status = 200) => {
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
  ])('answers %i', async (status, code) => {
    expect(await codeOf(source.resolve(await answering('text/plain', '', {}, status), ''))).toBe(code);
  });

  const lines = (...texts: string[]) => Buffer.concat([...texts.map(encodeLine), flushPacket]);
  test.each<[string, string, string | Buffer, string]>([
    ['shows a web page', 'text/html', '<html>hello</html>', 'source_not_git'],
    ['is dumb', 'text/plain', `${'a'.repeat(40)}\trefs/heads/main\n`, 'source_not_git'],
    ['says nothing', ADVERTISEMENT, '', 'source_empty'],
    ['is no git server', 'application/json', '{}', 'source_not_git'],
    ['answers garbage', ADVERTISEMENT, 'garbage in a git disguise', 'source_not_git'],
    ['stops in the middle', ADVERTISEMENT, '00ffabc', 'source_not_git'],
    ['offers something else', ADVERTISEMENT, lines('# service=git-receive-pack'), 'source_not_git'],
    ['goes on after its header', ADVERTISEMENT, lines('# service=git-upload-pack', 'version 2'), 'source_not_git'],
    ['lists nonsense', ADVERTISEMENT, lines('nonsense refs/heads/main'), 'source_not_git'],
    ['says it has none', ADVERTISEMENT, lines('ERR Repository not found.'), 'source_not_found'],
    ['reports an error', ADVERTISEMENT, lines('ERR too tired'), 'source_not_git'],
    ['says more than it may', ADVERTISEMENT, Buffer.concat([lines('version 2'), lines('x')]), 'source_not_git'],
  ])('%s', async (_what, type, body, code) => {
    expect(await codeOf(source.resolve(await answering(type, body), 'main'))).toBe(code);
  });

  test('compresses its answer is understood', async () => {
    const body = gzipSync(lines(`${'a'.repeat(40)} refs/heads/main\0agent=x`));
    const url = await answering(ADVERTISEMENT, body, { 'Content-Encoding': 'gzip' });
    expect((await source.resolve(url, 'main')).commit).toBe('a'.repeat(40));
  });

  test('compresses much of it is left once the ref is found', async () => {
    const refs = Array.from({ length: 5000 }, (_, index) => `${randomBytes(20).toString('hex')} refs/tags/${index}`);
    const [main, ...rest] = [`${'a'.repeat(40)} refs/heads/main\0agent=x`, ...refs];
    for (const pack of [gzipSync, deflateSync]) {
      const encoding = pack === gzipSync ? 'gzip' : 'deflate';
      const url = await answering(ADVERTISEMENT, pack(lines(main ?? '', ...rest)), { 'Content-Encoding': encoding });
      expect((await source.resolve(url, 'main')).commit).toBe('a'.repeat(40));
    }
  });

  test('compresses it badly, or in an unknown way, is refused', async () => {
    const broken = await answering(ADVERTISEMENT, 'no gzip', { 'Content-Encoding': 'deflate' });
    expect(await codeOf(source.resolve(broken, ''))).toBe('source_not_git');
    const unknown = await answering(ADVERTISEMENT, 'x', { 'Content-Encoding': 'br' });
    expect(await codeOf(source.resolve(unknown, ''))).toBe('source_not_git');
  });

  test('sends a bomb is stopped', async () => {
    const one = encodeLine(`${'a'.repeat(40)} refs/heads/${'b'.repeat(2000)}\0agent=x`);
    const bomb = gzipSync(Buffer.concat(Array.from({ length: 10_000 }, () => one)));
    const url = await answering(ADVERTISEMENT, bomb, { 'Content-Encoding': 'gzip' });
    const small = createSource({ ...LOCAL, maxBytes: 1_000_000 });
    expect((await failureOf(small.resolve(url, 'main'))).message).toContain('1000000 bytes');
  });

  test('never ends is stopped', async () => {
    const line = encodeLine(`${'a'.repeat(40)} refs/heads/other`);
    const server = await started(
      serve((_request, response) => {
        response.writeHead(200, { 'Content-Type': ADVERTISEMENT });
        const more = () => {
          while (!response.destroyed && response.write(line));
        };
        response.on('drain', more);
        more();
      }),
    );
    const small = createSource({ ...LOCAL, maxBytes: 200_000 });
    expect(await codeOf(small.resolve(`${server.url}/tool.git`, 'main'))).toBe('source_unreachable');
  });

  test.each<[string, boolean]>([
    ['never answers', false],
    ['answers one byte only', true],
  ])('%s runs out of time, and its connection is closed', async (_what, head) => {
    const closed = Promise.withResolvers<void>();
    const server = await started(
      serve((request, response) => {
        request.socket.on('close', () => closed.resolve());
        if (head) response.writeHead(200, { 'Content-Type': ADVERTISEMENT }).write('0');
      }),
    );
    const hasty = createSource({ ...LOCAL, timeoutMs: 200 });
    const error = await failureOf(hasty.resolve(`${server.url}/tool.git`, ''));
    expect([error.code, error.message]).toEqual(['source_unreachable', expect.stringContaining('0.2 seconds')]);
    await closed.promise;
  });

  test('has a name that is looked up for ever runs out of time', async () => {
    const hasty = createSource({ ...LOCAL, timeoutMs: 100, resolveHost: () => new Promise(() => undefined) });
    expect(await codeOf(hasty.resolve('http://git.example.org/tool.git', ''))).toBe('source_unreachable');
  });

  test('is left when the caller goes', async () => {
    const asked = Promise.withResolvers<void>();
    const server = await started(serve(() => asked.resolve()));
    const caller = new AbortController();
    const result = source.resolve(`${server.url}/tool.git`, '', caller.signal);
    await asked.promise;
    caller.abort(new Error('gone'));
    await expect(result).rejects.toThrow('gone');
    await expect(source.resolve(`${server.url}/tool.git`, '', caller.signal)).rejects.toThrow('gone');
  });

  test('closes, refuses, or speaks no HTTP is told apart', async () => {
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

describe('over HTTPS', () => {
  let current: Listening;
  beforeAll(async () => {
    current = await started(serve(backend(repositories.root)));
  });

  test('a certificate must be known', async () => {
    const { key, cert } = await selfSigned();
    const server = await started(listen(createServer({ key, cert }, backend(repositories.root)), 'https'));
    const unknown = await failureOf(source.resolve(`${server.url}/tool.git`, ''));
    expect([unknown.code, unknown.message]).toEqual(['source_unreachable', expect.stringContaining('TLS')]);
    const trusting = createSource({ allowedAddresses: ['127.0.0.0/8'], ca: cert });
    expect((await trusting.resolve(`${server.url}/tool.git`, 'main')).commit).toBe(head);
    const plain = await failureOf(source.resolve(`https://127.0.0.1:${current.port}/tool.git`, ''));
    expect([plain.code, plain.message]).toEqual(['source_unreachable', expect.stringContaining('TLS')]);
  });

  test('no redirect leads back to http', async () => {
    const { key, cert } = await selfSigned();
    const answer = backend(repositories.root);
    const server = createServer({ key, cert }, (request, response) =>
      request.url?.startsWith('/old')
        ? void response.writeHead(301, { Location: `${current.url}/tool.git${TAIL}` }).end()
        : answer(request, response),
    );
    const listening = await started(listen(server, 'https'));
    const trusting = createSource({ ...LOCAL, ca: cert });
    expect(await codeOf(trusting.resolve(`${listening.url}/old`, ''))).toBe('source_redirected');
  });
});
