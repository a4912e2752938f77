import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryFolder } from './pipeline-run.ts';

const programs = join(import.meta.dirname, '../../../../buildpacks/static/lib');
const hasPython = spawnSync('python3', ['--version']).status === 0;
const servers = [
  ['node', [process.execPath, join(programs, 'serve.mjs')]],
  ['python3', ['python3', join(programs, 'serve.py')]],
] as const;

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  const site = join(folder, 'site');
  await mkdir(join(site, 'sub'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(site, 'index.html'), '<h1>Home</h1>');
  await writeFile(join(site, 'sub/index.html'), '<h1>Sub</h1>');
  await writeFile(join(site, 'ä b.css'), 'body {}');
  await writeFile(join(site, 'empty.js'), '');
  await writeFile(join(site, '404.html'), '<h1>Own page</h1>');
  await writeFile(join(site, '.env'), 'secret');
  await symlink('../secret.txt', join(site, 'link.txt'));
  await symlink('.env', join(site, 'settings.txt'));
  await mkdir(join(site, '.git'));
  await writeFile(join(site, '.git/config'), 'secret');
  await symlink('.git', join(site, 'history'));
  await symlink('sub/index.html', join(site, 'visible.html'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Fetched = { status: number; headers: NodeJS.Dict<string | string[]>; body: string };

/** Sends a request with the path unchanged; fetch would normalise the path. */
const get = (port: number, path: string, method = 'GET'): Promise<Fetched> =>
  new Promise((resolve, reject) => {
    const sent = request({ port, path, method, host: '127.0.0.1' }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
    });
    sent.on('error', reject).end();
  });

describe.each(servers)('the static server in %s', (name, [program, file]) => {
  const maybe = name === 'python3' && !hasPython ? test.skip : test;
  let child: ChildProcess;
  let port: number;

  beforeAll(async () => {
    if (name === 'python3' && !hasPython) return;
    const env = { ...process.env, PORT: '0', PYTHONDONTWRITEBYTECODE: '1' };
    child = spawn(program, [file, join(folder, 'site')], { env });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    port = Number(/port (\d+)/.exec(line.toString())?.[1]);
  });
  afterAll(async () => {
    if (child === undefined) return;
    child.kill();
    await once(child, 'exit');
  });

  maybe.each([
    ['/', 200, 'text/html; charset=utf-8', '<h1>Home</h1>'],
    ['/index.html?x=1#y', 200, 'text/html; charset=utf-8', '<h1>Home</h1>'],
    ['/sub/', 200, 'text/html; charset=utf-8', '<h1>Sub</h1>'],
    ['/%C3%A4%20b.css', 200, 'text/css; charset=utf-8', 'body {}'],
    ['/visible.html', 200, 'text/html; charset=utf-8', '<h1>Sub</h1>'],
    ['/empty.js', 200, 'text/javascript; charset=utf-8', ''],
    ['/nowhere', 404, 'text/html; charset=utf-8', '<h1>Own page</h1>'],
  ])('the static server responds to %s with %i, %s', async (path, status, type, body) => {
    const answer = await get(port, path);
    expect(answer).toMatchObject({ status, body, headers: { 'content-type': type } });
    const head = await get(port, path, 'HEAD');
    expect(head).toMatchObject({ status, body: '' });
    expect(head.headers['content-length']).toBe(answer.headers['content-length']);
  });

  maybe('the static server redirects a folder without its slash, never to another host', async () => {
    expect(await get(port, '/sub')).toMatchObject({ status: 301, headers: { location: '/sub/' } });
    expect((await get(port, '//sub')).headers.location ?? '/').toMatch(/^\/(?!\/)/);
  });

  maybe.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/sub/../../secret.txt',
    '/link.txt',
    '/.env',
    '/settings.txt',
    '/history/config',
  ])('the static server does not serve %s', async (path) => {
    const answer = await get(port, path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('secret');
  });

  maybe.each(['/%00', '/%ff', '/%', '/index.html/', '/a\\b'])(
    'the static server responds to %s with 404',
    async (path) => {
      expect((await get(port, path)).status).toBe(404);
    },
  );
});
