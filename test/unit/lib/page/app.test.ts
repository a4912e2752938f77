import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { noLog } from '../../../../lib/log.ts';
import { createPageApp } from '../../../../lib/page/app.ts';
import { openPageFiles } from '../../../../lib/page/files.ts';
import { createNoSessions } from '../../../../lib/page/session-routes.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const script = 'export const answer = 42;'.repeat(20);
const index = '<meta name="page-root" content="./" /><script src="./assets/index-Ab12.js"></script>';

let folder: string;
let below: TestServer;
let atRoot: TestServer;

const serve = async (root: string): Promise<TestServer> =>
  startServer(
    createPageApp({
      files: await openPageFiles(join(folder, 'page'), root),
      root,
      sessions: createNoSessions(),
      log: noLog,
    }),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'));
  await mkdir(join(folder, 'page/assets'), { recursive: true });
  const files = {
    'secret.txt': 'not of the page',
    'page/index.html': index,
    'page/icon.svg': '<svg/>',
    'page/assets/index-Ab12.js': script,
    'page/assets/index-Ab12.js.br': brotliCompressSync(script),
    'page/assets/index-Ab12.js.gz': gzipSync(script),
  };
  for (const [path, content] of Object.entries(files)) await writeFile(join(folder, path), content);
  below = await serve('/builds/ui/');
  atRoot = await serve('/');
});

afterAll(async () => {
  await Promise.all([below.close(), atRoot.close()]);
  await rm(folder, { recursive: true });
});

/** Sends a request whose path no URL parser touches. */
const sendRaw = async (path: string, options: { method?: string; headers?: Record<string, string> } = {}) => {
  const sent = request({ ...options, port: new URL(below.url).port, path }).end();
  const [response] = await new Promise<[import('node:http').IncomingMessage]>((resolve, reject) =>
    sent.on('response', (got) => resolve([got])).on('error', reject),
  );
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
};

const scriptPath = '/builds/ui/assets/index-Ab12.js';

describe('a file whose name holds a hash', () => {
  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip, br;q=0.1', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['', undefined],
  ])('is sent to a client that accepts "%s" in the coding %s', async (accepted, coding) => {
    const { status, headers } = await sendRaw(scriptPath, { headers: { 'accept-encoding': accepted } });
    expect([status, headers['content-encoding'], headers.vary]).toEqual([200, coding, 'accept-encoding']);
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  test('has the same content in each coding', async () => {
    const response = await fetch(below.url + scriptPath, { headers: { 'accept-encoding': 'br' } });
    expect(await response.text()).toBe(script);
    expect((await sendRaw(scriptPath)).body).toBe(script);
  });

  test('may be kept for ever, and has another tag in each coding', async () => {
    const plain = await sendRaw(scriptPath);
    const small = await sendRaw(scriptPath, { headers: { 'accept-encoding': 'br' } });
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(plain.headers.etag).not.toBe(small.headers.etag);
  });

  test('is not sent again to a client that has it', async () => {
    const { headers } = await sendRaw(scriptPath);
    for (const known of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`, '*']) {
      const again = await sendRaw(scriptPath, { headers: { 'if-none-match': String(known) } });
      expect([again.status, again.body]).toEqual([304, '']);
    }
    expect((await sendRaw(scriptPath, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  test('is described by HEAD without its content', async () => {
    const { status, headers, body } = await sendRaw(scriptPath, { method: 'HEAD' });
    expect([status, headers['content-length'], body]).toEqual([200, String(script.length), '']);
  });
});

describe('an address of the page', () => {
  test.each([
    '',
    'tools/mytool',
    'tools/mytool/',
    'tools/mytool/start',
    'tools/mytool/builds/x-1',
    'tools/a/builds/x/log?step=build',
  ])('gets index.html for "%s", which is asked for each time', async (path) => {
    const { status, headers, body } = await sendRaw(`/builds/ui/${path}`);
    expect([status, headers['cache-control']]).toEqual([200, 'no-cache']);
    expect(body).toBe(index.replaceAll('./', '/builds/ui/'));
  });

  test('is the same where a gateway has removed /builds', async () => {
    expect((await sendRaw('/ui/tools/mytool')).body).toContain('/builds/ui/assets/');
    expect((await sendRaw('/ui/assets/index-Ab12.js')).body).toBe(script);
  });

  test('can be below the root of a host', async () => {
    expect(await (await fetch(`${atRoot.url}/tools/mytool`)).text()).toBe(index.replaceAll('./', '/'));
  });

  test.each(['/builds/ui', '/ui'])('is where %s leads, with the slash that it lacks', async (path) => {
    const { status, headers } = await sendRaw(path);
    expect([status, headers.location]).toEqual([308, '/builds/ui/']);
  });
});

describe('a path that is none', () => {
  test.each([
    '/builds/ui/nothing',
    '/builds/ui/assets/',
    '/builds/ui/assets/other.js',
    '/builds/ui/index.html',
    '/builds/ui/assets/index-Ab12.js.br',
    '/builds/ui/../secret.txt',
    '/builds/ui/assets/../../../secret.txt',
    '/builds/ui/%2e%2e/secret.txt',
    '/builds/ui/..%2fsecret.txt',
    '/builds/ui/..\\secret.txt',
    '/builds/ui//etc/passwd',
    '/builds/ui/assets/index-Ab12.js%00',
    '/builds/ui/constructor',
    '/builds/ui/__proto__',
    '/builds/ui/tools/',
    '/builds/uix/',
    '/',
    '/v1/whoami',
    'http://other.example.org/builds/ui/nothing',
  ])('gets 404 for %s, with a sentence', async (path) => {
    const { status, body } = await sendRaw(path);
    expect([status, JSON.parse(body)]).toEqual([404, expect.objectContaining({ code: 'not_found' })]);
  });

  test('shows the page to a browser, with 404', async () => {
    const { status, headers, body } = await sendRaw('/builds/ui/nothing', {
      headers: { accept: 'text/html,*/*;q=0.8' },
    });
    expect([status, headers['cache-control']]).toEqual([404, 'no-store']);
    expect(body).toContain('page-root');
  });
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s of a file gets 405', async (method) => {
  const { status, headers, body } = await sendRaw(scriptPath, { method });
  expect([status, headers.allow, JSON.parse(body).code]).toEqual([405, 'GET, HEAD', 'method_not_allowed']);
});

test('headers that are too large get 431, and the server goes on', async () => {
  expect((await sendRaw(scriptPath, { headers: { cookie: 'a'.repeat(20_000) } })).status).toBe(431);
  expect((await sendRaw(scriptPath)).status).toBe(200);
});

test.each(['/builds/ui/', scriptPath, '/builds/ui', '/builds/ui/nothing', '/builds/ui/icon.svg'])(
  'no response of %s lets foreign code run, or the page be framed',
  async (path) => {
    const { headers } = await sendRaw(path);
    const policy = headers['content-security-policy'];
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'same-origin',
    });
  },
);

test('a folder that is no built page is refused', async () => {
  await expect(openPageFiles(folder, '/')).rejects.toThrow('has no index.html: run npm run build');
  await expect(openPageFiles(join(folder, 'absent'), '/')).rejects.toThrow('ENOENT');
});
