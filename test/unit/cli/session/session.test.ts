import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { signInByDevice } from '../../../../cli/session/device-sign-in.ts';
import { findIssuer } from '../../../../cli/session/discovery.ts';
import { createIssuerFetch } from '../../../../cli/session/issuer-fetch.ts';
import type { Session } from '../../../../cli/session/session.ts';
import { openSessionFile, sessionPath } from '../../../../cli/session/session-file.ts';
import { createProtectedResource } from '../../../../functions/openapi/protected-resource.ts';
import { createBrowser } from '../../../support/issuer/browser.ts';
import { type OidcIssuer, startOidcIssuer } from '../../../support/issuer/issuer.ts';
import { resource } from '../../../support/issuer/provider.ts';
import { type Cli, contract, createCli, folder, json, remove, serve, type TestServer } from '../support.ts';

let home: string;
let cli: Cli;
let issuer: OidcIssuer;
let api: TestServer;
let base: URL;
/** Authorization headers of the requests that the API of the test got. */
let received: string[] = [];

const fetchFromIssuer = createIssuerFetch([]);

/** Serves an API and its OAuth metadata, and records the Authorization headers of the requests. */
const handle: Parameters<typeof serve>[0] = async (request, response, raw) => {
  if (request.path.endsWith('/oauth-protected-resource')) {
    const handler = createProtectedResource([issuer.setting()], resource);
    json(response, 200, ((await handler({} as never)) as { json: unknown }).json);
    return;
  }
  received.push(request.headers.authorization ?? '');
  contract(request, response, raw);
};

beforeAll(async () => {
  issuer = await startOidcIssuer();
  issuer.people.set('ada', { tools: ['demo'] });
  issuer.signIn('ada');
  api = await serve(handle);
  base = new URL(`${api.url}/builds/v1`);
  cli = createCli();
});
afterAll(async () => {
  cli.close();
  await api.close();
  await issuer.close();
});
beforeEach(() => {
  home = folder();
  received = [];
});
afterEach(() => remove(home));

const environment = () => ({ HOME: home, TOOLFORGE_TOKEN: '', TOOL_TOOLFORGE_API_URL: api.url });
const run = (...args: string[]) => cli.run(args, environment());
const file = () => sessionPath({}, home);
const sessions = () => openSessionFile(file());

/**
 * Signs in like `toolforge-build login --device`, with a browser in the test process and without a delay before the
 * request for the tokens.
 */
const signIn = async (): Promise<Session> =>
  signInByDevice(await findIssuer(fetchFromIssuer, base), {
    fetch: fetchFromIssuer,
    show: async (url) => void (await createBrowser().open(url)),
    pollSeconds: 0,
  });
/** Stores a session in the session file, as `toolforge-build login` does. */
const keep = (session: Session) => sessions().change(base, async () => session);
/** Returns a session with its access token due for a refresh. */
const due = (session: Session): Session => ({ ...session, refreshAt: 0 });

describe('the session file', () => {
  test('is readable by its owner only, and is removed with its last session', async () => {
    await keep(await signIn());
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect((await stat(join(file(), '..'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(file(), '..'))).toEqual(['sessions.json']);
    const elsewhere = new URL('https://other.example.org/builds/v1');
    expect(await sessions().read(elsewhere)).toBeUndefined();
    await sessions().change(base, async () => undefined);
    await expect(stat(file())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([0o644, 0o640, 0o604])('is refused with mode %o', async (mode) => {
    await keep(await signIn());
    await chmod(file(), mode);
    const { code, stderr } = await run('quota');
    expect(code).toBe(2);
    expect(stderr).toContain('others may read it');
    expect(received).toEqual([]);
  });

  test.each(['', 'null', '[]', '{'])('is refused when its content is %j', async (text) => {
    await mkdir(join(file(), '..'), { recursive: true });
    await writeFile(file(), text, { mode: 0o600 });
    expect(await run('quota')).toMatchObject({ code: 2, stderr: expect.stringContaining('Remove it') });
  });

  test('keeps the sessions that several callers store at once', async () => {
    const bases = Array.from({ length: 10 }, (_, at) => new URL(`https://api-${at}.example.org/v1`));
    const session = await signIn();
    await Promise.all(bases.map((one) => sessions().change(one, async () => ({ ...session, clientId: one.host }))));
    for (const one of bases) expect((await sessions().read(one))?.clientId).toBe(one.host);
  });
});

describe('the token of a sign-in', () => {
  test('is used while it is valid, and refreshed before it expires', async () => {
    const session = await signIn();
    await keep(session);
    expect((await run('quota')).code).toBe(0);
    expect(received).toEqual([`Bearer ${session.accessToken}`]);
    await keep(due(session));
    expect((await run('quota')).code).toBe(0);
    const renewed = await sessions().read(base);
    expect(received[1]).toBe(`Bearer ${renewed?.accessToken}`);
    expect(renewed?.accessToken).not.toBe(session.accessToken);
    expect(renewed?.refreshToken).not.toBe(session.refreshToken);
  });

  test('is not refreshed by a completion, which may be ended before it has stored the new token', async () => {
    const session = due(await signIn());
    await keep(session);
    expect(await run('_complete', '--', 'builds', '')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await sessions().read(base)).toEqual(session);
    expect(received).toEqual([]);
  });

  test('is refreshed once by commands that run at the same time', async () => {
    // The issuer accepts a refresh token once, and revokes the whole grant when the token is used twice. Only one of
    // several commands may refresh the session.
    await keep(due(await signIn()));
    issuer.requests.length = 0;
    const results = await Promise.all([run('quota'), run('list'), run('show')]);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(issuer.requests.filter((request) => request === 'POST /token')).toHaveLength(1);
    expect(new Set(received).size).toBe(1);
  });

  test('ends the sign-in with a sentence when it was revoked elsewhere', async () => {
    const session = await signIn();
    await keep(due(session));
    const form = { token: session.refreshToken ?? '', client_id: session.clientId };
    await fetch(session.revocationEndpoint ?? '', { method: 'POST', body: new URLSearchParams(form) });
    const { code, stderr } = await run('quota');
    expect(code).toBe(4);
    expect(stderr).toContain('Your sign-in has ended.');
    expect(stderr).toContain('toolforge-build login');
  });

  test('is used until it expires while the issuer fails', async () => {
    const session = await signIn();
    await keep(due(session));
    issuer.mode('broken');
    try {
      expect((await run('quota')).code).toBe(0);
      await keep({ ...due(session), expiresAt: 1 });
      const { code, stderr } = await run('quota');
      expect(code).toBe(6);
      expect(stderr).toContain('Your token has expired');
      const out = await run('logout');
      expect(out).toMatchObject({ code: 6, stdout: 'The tokens are removed from this machine.\n' });
      expect(out.stderr).toContain('did not revoke the refresh token');
      expect(out.stderr).toContain('did not revoke the access token');
      expect(await sessions().read(base)).toBeUndefined();
    } finally {
      issuer.mode('working');
    }
  });

  test('gives way to TOOLFORGE_TOKEN, and login refuses to sign in beside that variable', async () => {
    await keep(await signIn());
    const own = { ...environment(), TOOLFORGE_TOKEN: 'own' };
    expect((await cli.run(['quota'], own)).code).toBe(0);
    expect(received).toEqual(['Bearer own']);
    expect((await cli.run(['token'], own)).stdout).toBe('own\n');
    expect(await cli.run(['login'], own)).toMatchObject({ code: 2, stderr: expect.stringContaining('Unset it') });
  });

  test('is never printed, not even with --debug', async () => {
    const session = await signIn();
    await keep(due(session));
    const { stdout, stderr } = await run('quota', '--debug');
    const kept = await readFile(file(), 'utf8');
    for (const secret of kept.match(/[\w-]{30,}(\.[\w-]+){0,2}/g) ?? []) expect(stdout + stderr).not.toContain(secret);
    expect(kept).toContain('accessToken');
  });
});

describe('login', () => {
  test.each([
    ['an API without metadata', 404, {}],
    ['an API without a public client', 200, { clients: [] }],
    ['an API whose issuer is no URL', 200, { clients: [{ issuer: 'here', client_id: 'a' }] }],
  ])('says that %s does not offer signing in', async (_, status, metadata) => {
    const other = await serve((_request, response) => json(response, status, metadata));
    const { code, stderr } = await cli.run(['login', '--device'], {
      ...environment(),
      TOOL_TOOLFORGE_API_URL: other.url,
    });
    await other.close();
    expect(code).toBe(2);
    expect(stderr).toContain('does not offer signing in');
  });
});
