import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { createBrowser } from '../support/issuer/browser.ts';
import { type OidcIssuer, startOidcIssuer } from '../support/issuer/issuer.ts';
import { apiClient } from '../support/issuer/provider.ts';
import { type Cli, createCli } from '../unit/cli/support.ts';
import { expectCleanLog, expectRefusal, expectShape, expectStatus, send } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let folder: string;
let issuer: OidcIssuer;
let target: Target;
let cli: Cli;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sign-in-'));
  await writeFile(join(folder, 'secret'), apiClient.secret);
  issuer = await startOidcIssuer();
  issuer.people.set('ada', { tools: ['analytics', 'second'] }).set('ben', { tools: [] });
  const setting = issuer.setting(join(folder, 'secret'), 0);
  target = await startTarget({ AUTH_ISSUERS: JSON.stringify([setting]) });
  cli = createCli();
  environment = {
    TOOLFORGE_TOKEN: '',
    TOOLFORGE_TOOL: 'analytics',
    TOOL_TOOLFORGE_API_URL: target.url,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
  };
  // The embedded platform serves the API at its root, not below /builds, so `toolforge-build` needs this setting.
  await writeFile(join(folder, '.toolforge.yaml'), 'builds: {builds_endpoint: /v1}\n');
}, buildTimeoutMs);

afterAll(async () => {
  cli.close();
  await issuer.close();
  expectCleanLog(target);
  await target.close();
  await rm(folder, { recursive: true });
}, buildTimeoutMs);

const run = (...args: string[]) => cli.run(args, environment);
const sessionFile = () => join(folder, 'config/toolforge-build/sessions.json');
const listBuilds = (token: string, path = '/v1/tool/analytics/builds') => send(`${target.url}${path}`, { token });

const urlIn = (text: string): string => /https?:\S+user_code=\S+/.exec(text)?.[0] ?? '';

/**
 * Signs a person in by the device flow: starts `toolforge-build login --device`, and opens the page that the command
 * shows.
 */
const signIn = async (person: string) => {
  issuer.signIn(person);
  const running = cli.start(['login', '--device'], environment);
  let text = '';
  running.child.stderr.on('data', (part: string) => {
    text += part;
  });
  await running.sees('shows this code');
  await createBrowser().open(urlIn(text));
  return running.finished;
};

test('oauth-protected-resource names the issuer and the client to sign in with', async () => {
  const { json } = expectStatus(await send(`${target.url}/.well-known/oauth-protected-resource`), 200);
  expectShape(json, 'ProtectedResource');
  expect(json).toMatchObject({ authorization_servers: [issuer.url], clients: [{ client_id: 'toolforge-build' }] });
});

describe('the command line without a certificate and a kubeconfig', () => {
  test('says how to sign in when nobody is signed in', async () => {
    const { code, stderr } = await run('quota');
    expect(code).toBe(4);
    expect(stderr).toContain('you are not signed in');
    expect(stderr).toContain('toolforge-build login');
    expect((await run('logout')).stdout).toBe('You were not signed in.\n');
  });

  test(
    'runs login, start, logs -f, quota and logout, and then the same token is refused',
    async () => {
      const source = await target.repository('signed-in', { Procfile: 'web: python3 -m http.server $PORT\n' });
      const signedIn = await signIn('ada');
      expect(signedIn).toMatchObject({ code: 0, stdout: expect.stringContaining('analytics, second') });
      expect((await stat(sessionFile())).mode & 0o777).toBe(0o600);

      expect(await run('start', source, '-D')).toMatchObject({ code: 0 });
      expect(await run('logs', '-f')).toMatchObject({ code: 0, stdout: expect.stringContaining('toolforge/procfile') });
      expect(await run('quota')).toMatchObject({ code: 0, stdout: expect.stringContaining('Running') });
      expect(await run('whoami')).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('second: read, build, admin'),
      });

      const token = (await run('token')).stdout.trim();
      expectStatus(await listBuilds(token), 200);
      expect(await run('logout')).toMatchObject({ code: 0, stdout: 'You are signed out.\n' });
      await expect(stat(sessionFile())).rejects.toMatchObject({ code: 'ENOENT' });
      expectRefusal(await listBuilds(token), 401, 'token_invalid');
      expect((await run('quota')).code).toBe(4);
    },
    buildTimeoutMs,
  );

  test('signs in by a browser, with PKCE', async () => {
    issuer.signIn('ada');
    // A script stands in for the browser. The script writes the URL to a file, and the test opens the URL.
    const opened = join(folder, 'opened');
    const browser = join(folder, 'browser');
    await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`, {
      mode: 0o755,
    });
    const running = cli.start(['login'], { ...environment, BROWSER: browser });
    let text = '';
    running.child.stderr.on('data', (part: string) => {
      text += part;
    });
    await running.sees('prompt=consent');
    const url = /https?:\S+/.exec(text)?.[0] ?? '';
    expect(new URL(url).searchParams.get('code_challenge_method')).toBe('S256');
    expect(await createBrowser().open(url)).toContain('Go back to your terminal');
    expect(await running.finished).toMatchObject({ code: 0, stdout: expect.stringContaining('analytics') });
    expect(await readFile(opened, 'utf8')).toBe(url);
  });

  test('says what to do when the tool is a foreign one', async () => {
    const { code, stderr } = await run('quota', '--tool', 'foreign');
    expect(code).toBe(4);
    expect(stderr).toContain('You may not act for the tool foreign');
    expect(stderr).toContain('toolforge-build whoami');
  });

  test('says so when the person maintains no tool', async () => {
    expect(await signIn('ben')).toMatchObject({ code: 0, stdout: expect.stringContaining('maintain no tool yet') });
    expect((await run('list')).stderr).toContain('You may not act for the tool analytics');
  });
});

describe('an issuer', () => {
  test('can rotate its keys, and old and new tokens are accepted', async () => {
    await signIn('ada');
    const before = (await run('token')).stdout.trim();
    expectStatus(await listBuilds(before), 200);
    await issuer.rotate();
    expectStatus(await listBuilds(before), 200);
    await run('logout');
    await signIn('ada');
    expect(await run('list')).toMatchObject({ code: 0 });
    expect(decodeProtectedHeader((await run('token')).stdout).kid).not.toBe(decodeProtectedHeader(before).kid);
  });

  test.each(['broken', 'slow'] as const)('can be %s while valid tokens are accepted', async (mode) => {
    const token = (await run('token')).stdout.trim();
    issuer.mode(mode);
    try {
      expectStatus(await listBuilds(token), 200);
      expect(await run('list')).toMatchObject({ code: 0 });
    } finally {
      issuer.mode('working');
    }
  });
});
