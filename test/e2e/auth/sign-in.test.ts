import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { siteFolder } from '../../../scripts/test-site.ts';
import { type Json, kubectl, waitTimeout } from '../pipeline/cluster.ts';
import { example } from '../pipeline/git-pod.ts';
import { bundle, programPod } from '../program-pod.ts';
import { gatewayHost } from '../service/gateway.ts';
import { builds, openService, type Service, type Tool, until } from '../service/service.ts';
import { settings } from '../site.js';

/** URL of the issuer that this test starts. scripts/test-site.ts makes the service trust this issuer. */
const issuerUrl = `http://sign-in.${builds}.svc`;

let service: Service;
let tool: Tool;

const programs = {
  'issuer.mjs': 'test/support/issuer/main.ts',
  'open.mjs': 'test/support/issuer/open.ts',
  'toolforge-build.mjs': 'cli/main.ts',
};

const mount = { configMap: 'programs', folder: '/programs' };

const issuerService: Json = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'sign-in' },
  spec: { selector: { app: 'sign-in' }, ports: [{ port: 80, targetPort: 8080 }] },
};

const removeIssuer = () =>
  service.kubectl(['delete', 'pod/sign-in', 'service/sign-in', 'configmap/programs', '--ignore-not-found']);

/**
 * Makes a ConfigMap with programs. `kubectl apply` would copy the programs into an annotation, for which they are too
 * large, so the ConfigMap is made by `kubectl create`.
 */
const makePrograms = async (namespace: string, files: string[]): Promise<void> => {
  const from = files.map((file) => `--from-file=${join(service.gateway.folder, file)}`);
  await kubectl(['create', 'configmap', 'programs', '--namespace', namespace, ...from]);
};

const startIssuer = async (image: string): Promise<void> => {
  const secret = (await readFile(join(siteFolder, 'secret'), 'utf8')).trim();
  await removeIssuer();
  await makePrograms(builds, ['issuer.mjs']);
  const people = JSON.stringify({ ada: [tool.name] });
  const env = { PORT: '8080', ISSUER_URL: issuerUrl, API_SECRET: secret, PEOPLE: people };
  const items = [programPod('sign-in', image, ['/programs/issuer.mjs'], env, mount), issuerService];
  await service.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await service.kubectl(['wait', '--for=condition=Ready', 'pod/sign-in', waitTimeout]);
};

/**
 * Starts a pod that has neither a client certificate nor a kubeconfig, only the certificate of the gateway's
 * certificate authority, which is not public.
 */
const startShell = async (image: string): Promise<void> => {
  await makePrograms(service.namespace.name, ['toolforge-build.mjs', 'open.mjs']);
  const env = {
    HOME: '/tmp',
    TOOLFORGE_TOOL: tool.name,
    TOOL_TOOLFORGE_API_URL: `https://${gatewayHost}`,
    REQUESTS_CA_BUNDLE: '/tmp/ca.crt',
  };
  await service.namespace.apply(programPod('shell', image, ['-e', 'setInterval(() => {}, 1000)'], env, mount));
  await service.namespace.kubectl(['wait', '--for=condition=Ready', 'pod/shell', waitTimeout]);
  const write = `require('fs').writeFileSync('/tmp/ca.crt', require('fs').readFileSync(0))`;
  const authority = await readFile(join(siteFolder, 'ca.crt'), 'utf8');
  await service.namespace.kubectl(['exec', '-i', 'shell', '--', 'node', '-e', write], authority);
};

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  for (const [file, entry] of Object.entries(programs)) await bundle(entry, join(service.gateway.folder, file));
  const image = settings.ARCHIVER_IMAGE ?? '';
  await startIssuer(image);
  await startShell(image);
});
afterAll(async () => {
  await removeIssuer();
  await service.close();
});

const inShell = (program: string, ...words: string[]): Promise<string> =>
  service.namespace.kubectl(['exec', 'shell', '--', 'node', `/programs/${program}.mjs`, ...words]);
const cli = (...words: string[]) => inShell('toolforge-build', ...words);

/**
 * Runs `toolforge-build login` in the pod. Its messages go to a file, so that the test can read them while it waits.
 */
const startLogin = (): Promise<string> => {
  const script = `
    const { spawn } = require('child_process');
    const child = spawn('node', ['/programs/toolforge-build.mjs', 'login', '--device']);
    const fs = require('fs');
    child.stderr.on('data', (part) => fs.appendFileSync('/tmp/messages', part));
    child.stdout.pipe(process.stdout);
    child.on('close', (code) => process.exit(code));`;
  return service.namespace.kubectl(['exec', 'shell', '--', 'node', '-e', script]);
};

/** Returns the messages that `toolforge-build login` has written so far. */
const loginMessages = (): Promise<string> =>
  service.namespace.kubectl([
    'exec',
    'shell',
    '--',
    'node',
    '-e',
    `console.log(require('fs').readFileSync('/tmp/messages', 'utf8'))`,
  ]);

test('login, start, logs -f, quota and logout work without a certificate, and then the same token is refused', async () => {
  const url = await service.repository('static', await example('static'));
  await expect(cli('quota')).rejects.toThrow('you are not signed in');

  const login = startLogin();
  let page = '';
  await until('the login shows the page to open', async () => {
    page = /http:\S+user_code=\S+/.exec(await loginMessages().catch(() => ''))?.[0] ?? '';
    return page !== '';
  });
  expect(await inShell('open', page)).toContain('signed in');
  expect(await login).toContain(tool.name);

  await cli('start', url, '-D');
  expect(await cli('logs', '-f')).toContain('step-clone');
  expect(await cli('quota')).toContain('Running');

  const token = (await cli('token')).trim();
  const anonymousClient = await service.gateway.client(undefined);
  const listBuilds = async () => {
    const headers = { authorization: `Bearer ${token}` };
    const { status, text } = await anonymousClient.call('GET', tool.path('/builds'), { headers });
    return { status, text };
  };
  expect(await listBuilds()).toMatchObject({ status: 200 });
  expect(await cli('logout')).toContain('You are signed out.');
  // Each instance of a function caches for a second that the issuer has not revoked a token, so a revoked token may be
  // accepted a little longer.
  await until('the token is refused', async () => (await listBuilds()).status === 401, 30_000);
  await expect(cli('quota')).rejects.toThrow('you are not signed in');
});
