import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '../../../lib/log.ts';
import { type GitServer, serveGit } from '../../../local/git-server.ts';
import { toolToken } from '../../../local/issuer.ts';
import { type Platform, startPlatform } from '../../../local/platform.ts';
import { startImage } from '../../../local/start-image.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';

const password = 'p4ssw0rd-of-the-machine';

let folder: string;
let proxy: TestProxy;
let git: GitServer;
let platform: Platform;

/** Requests a page of a server that only the proxy can reach. */
const load = `
const { createServer, request } = require('node:http');
const proxy = new URL(process.env.HTTP_PROXY);
const authorization = Buffer.from(\`\${proxy.username}:\${proxy.password}\`).toString('base64');
const headers = { host: 'web.example.test', 'proxy-authorization': \`Basic \${authorization}\` };
const load = (use) => {
  const options = { host: proxy.hostname, port: proxy.port, path: process.env.PAGE, headers };
  request(options, (response) => use(response.resume().statusCode)).end();
};
`;

/** Prints the environment of a build, and the status of the page. */
const buildScript = `${load}
for (const [name, value] of Object.entries(process.env)) console.log(\`seen \${name}=\${value}\`);
load((status) => console.log('the page has status', status));
`;

/** Serves the environment of an image, and the status of the page. */
const serveScript = `${load}
const serve = (_, answer) => load((status) => answer.end(JSON.stringify({ status, environment: process.env })));
createServer(serve).listen(process.env.PORT);
`;

let machine: NodeJS.ProcessEnv;
const log = createLog('test', () => {});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxied-builds-'));
  proxy = await startProxy({ account: `ada:${password}` });
  const repository = join(folder, 'repository');
  await mkdir(repository);
  await writeFile(join(repository, 'build.js'), buildScript);
  await writeFile(join(repository, 'serve.js'), serveScript);
  const scripts = { build: 'node build.js', start: 'node serve.js' };
  await writeFile(join(repository, 'package.json'), JSON.stringify({ name: 'tool', version: '1.0.0', scripts }));
  git = await serveGit({ repositories: { tool: repository } });
  machine = {
    PATH: process.env.PATH,
    HTTP_PROXY: `http://ada:${password}@127.0.0.1:${proxy.port}`,
    NO_PROXY: '.example.org',
    NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/of-the-machine.pem',
    npm_config_cafile: '/etc/ssl/certs/of-the-machine.pem',
    SECRET_OF_THE_MACHINE: 'never',
  };
  platform = await startPlatform({
    folder: join(folder, 'data'),
    port: 0,
    gatewayPort: 0,
    machine,
    log,
  });
}, 60_000);

afterAll(async () => {
  await platform?.close();
  await git?.close();
  await proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

const pageUrl = (): string =>
  `${git.url.replace('127.0.0.1', 'web.example.test')}/tool.git/info/refs?service=git-upload-pack`;

test('a build resolves, clones and loads through the proxy of the machine, and sees no password of the machine', async () => {
  const token = await toolToken(platform.issuer, 'snake');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const builds = `${platform.url}/v1/tool/snake/builds`;
  const source_url = `${git.url.replace('127.0.0.1', 'git.example.test')}/tool.git`;
  const PAGE = pageUrl();
  const body = JSON.stringify({ source_url, envvars: { PAGE } });
  const started = await fetch(builds, { method: 'POST', headers, body });
  const { new_build: build } = (await started.json()) as { new_build: { name: string } };
  const text = await (await fetch(`${builds}/${build.name}/logs?follow=true`, { headers })).text();
  expect(text).toContain('the build has ended: BUILD_SUCCESS');
  expect(text).toContain('the page has status 200');
  expect(proxy.asked.some((line) => line.startsWith(`GET ${source_url}/info/refs`))).toBe(true);
  expect(proxy.asked.some((line) => line.startsWith(`POST ${source_url}/git-upload-pack`))).toBe(true);
  expect(proxy.asked.some((line) => line.includes('web.example.test'))).toBe(true);

  expect(text).toContain('seen NODE_EXTRA_CA_CERTS=/etc/ssl/certs/of-the-machine.pem');
  expect(text).toContain('seen npm_config_cafile=/etc/ssl/certs/of-the-machine.pem');
  expect(text).toContain('seen NO_PROXY=.example.org,localhost,127.0.0.1,::1');
  // The password of the relay is masked, as that of any URL in a log.
  expect(text).toMatch(/seen HTTP_PROXY=http:\/\/(builds:)?\[masked\]@127\.0\.0\.1/);
  for (const secret of [password, 'never']) expect(text).not.toContain(secret);
}, 120_000);

test('an image that is run loads through the proxy of the machine, and sees no password of the machine', async () => {
  const options = {
    imagesFolder: platform.imagesFolder,
    image: 'tool-snake/tool-snake:latest',
    env: { PAGE: pageUrl() },
  };
  const running = await startImage(options, machine, log);
  const text = await (await fetch(running.url)).text();
  await running.stop();
  const { status, environment } = JSON.parse(text) as { status: number; environment: Record<string, string> };
  expect(status).toBe(200);
  expect(environment).toMatchObject({
    NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/of-the-machine.pem',
    HTTPS_PROXY: expect.stringMatching(/^http:\/\/builds:.*@127\.0\.0\.1:\d+$/),
    NO_PROXY: '.example.org,localhost,127.0.0.1,::1',
  });
  for (const secret of [password, 'never']) expect(text).not.toContain(secret);
  // The relay ends with the process: nothing listens at its port.
  await expect(fetch(environment.HTTPS_PROXY?.replace(/\/\/.*@/, '//') ?? '')).rejects.toThrow('fetch failed');
}, 60_000);
