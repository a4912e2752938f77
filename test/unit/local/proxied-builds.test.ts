import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '../../../lib/log.ts';
import { type GitServer, serveGit } from '../../../local/git-server.ts';
import { toolToken } from '../../../local/issuer.ts';
import { type Platform, startPlatform } from '../../../local/platform.ts';
import { startProxy, type TestProxy } from '../../support/proxy.ts';

const password = 'p4ssw0rd-of-the-machine';

let folder: string;
let proxy: TestProxy;
let git: GitServer;
let platform: Platform;

/** Prints the environment of a build, and requests a page of a server that only the proxy can reach. */
const script = `
const { request } = require('node:http');
for (const [name, value] of Object.entries(process.env)) console.log(\`seen \${name}=\${value}\`);
const proxy = new URL(process.env.HTTP_PROXY);
const authorization = Buffer.from(\`\${proxy.username}:\${proxy.password}\`).toString('base64');
const headers = { host: 'web.example.test', 'proxy-authorization': \`Basic \${authorization}\` };
request({ host: proxy.hostname, port: proxy.port, path: process.env.PAGE, headers }, (response) => {
  response.resume();
  console.log('the page has status', response.statusCode);
}).end();
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proxied-builds-'));
  proxy = await startProxy({ account: `ada:${password}` });
  const repository = join(folder, 'repository');
  await mkdir(repository);
  await writeFile(join(repository, 'build.js'), script);
  const scripts = { build: 'node build.js', start: 'node build.js' };
  await writeFile(join(repository, 'package.json'), JSON.stringify({ name: 'tool', version: '1.0.0', scripts }));
  git = await serveGit({ repositories: { tool: repository } });
  platform = await startPlatform({
    folder: join(folder, 'data'),
    port: 0,
    gatewayPort: 0,
    machine: {
      PATH: process.env.PATH,
      HTTP_PROXY: `http://ada:${password}@127.0.0.1:${proxy.port}`,
      NO_PROXY: '.example.org',
      NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/of-the-machine.pem',
      npm_config_cafile: '/etc/ssl/certs/of-the-machine.pem',
      SECRET_OF_THE_MACHINE: 'never',
    },
    log: createLog('test', () => {}),
  });
}, 60_000);

afterAll(async () => {
  await platform?.close();
  await git?.close();
  await proxy?.close();
  await rm(folder, { recursive: true, force: true });
});

test('a build resolves, clones and loads through the proxy of the machine, and sees no password of the machine', async () => {
  const token = await toolToken(platform.issuer, 'snake');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const builds = `${platform.url}/v1/tool/snake/builds`;
  const source_url = `${git.url.replace('127.0.0.1', 'git.example.test')}/tool.git`;
  const PAGE = `${git.url.replace('127.0.0.1', 'web.example.test')}/tool.git/info/refs?service=git-upload-pack`;
  const body = JSON.stringify({ source_url, envvars: { PAGE } });
  const started = await fetch(builds, { method: 'POST', headers, body });
  const { new_build: build } = (await started.json()) as { new_build: { name: string } };
  const log = await (await fetch(`${builds}/${build.name}/logs?follow=true`, { headers })).text();
  expect(log).toContain('the build has ended: BUILD_SUCCESS');
  expect(log).toContain('the page has status 200');
  expect(proxy.asked.some((line) => line.startsWith(`GET ${source_url}/info/refs`))).toBe(true);
  expect(proxy.asked.some((line) => line.startsWith(`POST ${source_url}/git-upload-pack`))).toBe(true);
  expect(proxy.asked.some((line) => line.includes('web.example.test'))).toBe(true);

  expect(log).toContain('seen NODE_EXTRA_CA_CERTS=/etc/ssl/certs/of-the-machine.pem');
  expect(log).toContain('seen npm_config_cafile=/etc/ssl/certs/of-the-machine.pem');
  expect(log).toContain('seen NO_PROXY=.example.org,localhost,127.0.0.1,::1');
  // The password of the relay is masked, as that of any URL in a log.
  expect(log).toMatch(/seen HTTP_PROXY=http:\/\/(builds:)?\[masked\]@127\.0\.0\.1/);
  for (const secret of [password, 'never']) expect(log).not.toContain(secret);
}, 120_000);
