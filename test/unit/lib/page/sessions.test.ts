import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createLog } from '../../../../lib/log.ts';
import { createPageApp } from '../../../../lib/page/app.ts';
import { openPageFiles } from '../../../../lib/page/files.ts';
import { sessionsFromSettings } from '../../../../lib/page/from-settings.ts';
import { type Browser, createBrowser } from '../../../support/issuer/browser.ts';
import { type OidcIssuer, startOidcIssuer } from '../../../support/issuer/issuer.ts';
import { pageClient, resource } from '../../../support/issuer/provider.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const home = 'https://builds.example.org/builds/ui/';

let folder: string;
let issuer: OidcIssuer;
let server: TestServer;
let lines: Record<string, unknown>[];

const serve = async (keys: { session: string[]; refresh: string[] }): Promise<TestServer> => {
  const pageUrl = new URL(home);
  const log = createLog('web', (line) => lines.push(JSON.parse(line)));
  const setting = { ...issuer.setting(), pageClient: { id: pageClient.id, secretFile: join(folder, 'secret') } };
  const settings = {
    ...{ webUrl: home, issuers: [setting], authResource: resource },
    sessionKeys: fixedSecret(...keys.session),
    refreshKeys: fixedSecret(...keys.refresh),
  };
  const sessions = sessionsFromSettings(settings, pageUrl, log);
  const files = await openPageFiles(join(folder, 'page'), pageUrl.pathname);
  return startServer(createPageApp({ files, root: pageUrl.pathname, sessions, log }));
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sessions-'));
  await mkdir(join(folder, 'page'));
  await writeFile(join(folder, 'page/index.html'), 'The page');
  await writeFile(join(folder, 'secret'), pageClient.secret);
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  lines = [];
  // Tokens that expire within 90 s are replaced at each request for a refresh.
  issuer = await startOidcIssuer({ tokenSeconds: 60 });
  issuer.people.set('ada', { tools: ['mytool'] });
  issuer.signIn('ada');
  server = await serve({ session: ['a'], refresh: ['b'] });
});

afterEach(async () => {
  await Promise.all([server.close(), issuer.close()]);
  for (const line of lines) expect(JSON.stringify(line)).not.toMatch(/eyJ|code=|__(?:Host|Secure)-/);
});

/** Fetches a web page. The server of the test stands in for the page's own address, which has TLS. */
const fetchPage = ((url: string, options) =>
  fetch(url.replace(/^https:\/\/builds\.example\.org/, server.url), options)) as typeof fetch;

const signIn = async (): Promise<Browser> => {
  const browser = createBrowser({ fetchPage });
  await browser.open(`${home}session/sign-in?return=/builds/ui/tools/mytool`);
  expect(browser.url()).toBe(`${home}tools/mytool`);
  return browser;
};

const cookieOf = ({ cookies }: Pick<Browser, 'cookies'>): string =>
  [...cookies].map((pair) => pair.join('=')).join('; ');

const send = async (cookie: string, path: string, method = 'GET', to = server.url) => {
  const headers = { cookie, 'x-builds-page': '1', 'sec-fetch-site': 'same-origin' };
  const response = await fetch(`${to}/builds/ui/session${path}`, { method, headers });
  const body = (await response.json()) as Record<string, unknown>;
  const set = response.headers.getSetCookie().map((line) => (line.split(';')[0] ?? '').split(/=(.*)/s));
  const kept = new Map(set.flatMap(([name = '', value]) => (value ? [[name, value]] : [])));
  return { status: response.status, body, kept, lines: response.headers.getSetCookie() };
};

test('cookies of a session are for TLS only, no script and no other site gets them, and the refresh token goes to no other path', async () => {
  const browser = await signIn();
  const { lines: set } = await send(cookieOf(browser), '/refresh', 'POST');
  const given = set.filter((line) => !/Max-Age=0/.test(line));
  const attributes = 'HttpOnly; Secure; SameSite=Strict; Max-Age=';
  expect(given.map((line) => line.replace(/=[^;]*/, '').replace(/4\d{4}$/, ''))).toEqual([
    `__Host-builds-session; Path=/; ${attributes}`,
    `__Secure-builds-refresh; Path=/builds/ui/session; ${attributes}`,
  ]);
});

test('the cookie of a sign-in is sent when the issuer leads the browser back, and ends after ten minutes', async () => {
  const begun = await fetch(`${server.url}/builds/ui/session/sign-in`, { redirect: 'manual' });
  expect(begun.headers.getSetCookie()[0]).toMatch(
    /^__Host-builds-sign-in=.*; HttpOnly; Secure; SameSite=Lax; Max-Age=600$/,
  );
  const { searchParams } = new URL(begun.headers.get('location') ?? '');
  expect(Object.fromEntries(searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: `${home}session/callback`,
    nonce: expect.stringMatching(/^.{40,}$/),
    state: expect.stringMatching(/^.{40,}$/),
  });
});

test.each([
  ['a'.repeat(960), true],
  ['é'.repeat(1800), false],
  ['é'.repeat(170), false],
])(
  'the cookie of a sign-in leaves room for those of a session, whatever the address %.5s… is',
  async (name, isKept) => {
    const address = `/builds/ui/tools/${name}`;
    const url = `${server.url}/builds/ui/session/sign-in?${new URLSearchParams({ return: address })}`;
    const begun = await fetch(url, { redirect: 'manual' });
    const cookies = begun.headers.getSetCookie().filter((line) => !/Max-Age=0/.test(line));
    expect(cookies.map((line) => line.length < 2100)).toEqual([true]);
    expect((cookies[0]?.length ?? 0) > 1500).toBe(isKept);
  },
);

describe('a refresh', () => {
  test('gives other tokens of the same session, with the same end', async () => {
    const browser = await signIn();
    const before = (await send(cookieOf(browser), '')).body;
    const { status, body, kept } = await send(cookieOf(browser), '/refresh', 'POST');
    expect([status, body.state, body.ends]).toEqual([200, 'signed-in', before.ends]);
    expect(kept.get('__Secure-builds-refresh')).not.toBe(browser.cookies.get('__Secure-builds-refresh'));
    expect((await send(cookieOf({ cookies: kept }), '/refresh', 'POST')).status).toBe(200);
  });

  test('of several tabs at once uses the refresh token once, so the issuer sees no theft', async () => {
    const browser = await signIn();
    const refreshed = await Promise.all([1, 2, 3].map(() => send(cookieOf(browser), '/refresh', 'POST')));
    expect(refreshed.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(issuer.requests.filter((line) => line === 'POST /token')).toHaveLength(2);
    for (const { kept } of refreshed)
      expect((await send(cookieOf({ cookies: kept }), '')).body.state).toBe('signed-in');
  });

  test('of a session that the issuer has ended removes the cookies', async () => {
    const browser = await signIn();
    await send(cookieOf(browser), '/sign-out', 'POST');
    const replayed = await send(cookieOf(browser), '/refresh', 'POST');
    expect([replayed.status, replayed.body.code, replayed.kept.size]).toEqual([401, 'unauthenticated', 0]);
    expect(replayed.lines.filter((line) => /Max-Age=0/.test(line))).toHaveLength(6);
  });

  test('while the issuer is away keeps the session, and says that one may retry', async () => {
    const browser = await signIn();
    issuer.mode('broken');
    const { status, body, lines: set } = await send(cookieOf(browser), '/refresh', 'POST');
    expect([status, body.code, set]).toEqual([503, 'unavailable', []]);
    issuer.mode('working');
    expect((await send(cookieOf(browser), '/refresh', 'POST')).status).toBe(200);
  });

  test.each([
    { token_type: 'mac' },
    { scope: ['a'] },
    { expires_in: -1 },
    { access_token: 'no-jwt' },
    { access_token: 7 },
  ])('with the unusable response %j keeps the session, and no line of the log holds the tokens', async (members) => {
    const browser = await signIn();
    issuer.changeTokens(members);
    const { status, body, lines: set } = await send(cookieOf(browser), '/refresh', 'POST');
    expect([status, body.code, set]).toEqual([503, 'unavailable', []]);
    expect(lines.map(({ message }) => message)).toContain('a session was not refreshed');
    expect(JSON.stringify(lines)).not.toMatch(/refresh_token|no-jwt/);
  });

  test('whose tokens no longer fit ends the session here and at the issuer', async () => {
    const browser = await signIn();
    issuer.people.set('ada', { tools: Array.from({ length: 1000 }, (_, at) => `tool-with-a-number-${at}`) });
    const { body, kept } = await send(cookieOf(browser), '/refresh', 'POST');
    expect([body, kept.size]).toEqual([{ state: 'signed-out', revoked: true }, 0]);
    expect(issuer.requests.filter((line) => line === 'POST /token/revocation')).toHaveLength(2);
  });

  test('never uses the refresh token of another sign-in', async () => {
    const [own, foreign] = [await signIn(), await signIn()];
    own.cookies.set('__Secure-builds-refresh', foreign.cookies.get('__Secure-builds-refresh') ?? '');
    expect((await send(cookieOf(own), '/refresh', 'POST')).status).toBe(401);
  });

  test('needs the cookies of the session', async () => {
    expect((await send('', '/refresh', 'POST')).status).toBe(401);
    expect((await send('__Host-builds-session=x; __Secure-builds-refresh=y', '/refresh', 'POST')).status).toBe(401);
  });
});

test('a sign-out revokes both tokens at the issuer', async () => {
  const browser = await signIn();
  expect((await send(cookieOf(browser), '/sign-out', 'POST')).body).toEqual({ state: 'signed-out', revoked: true });
  expect(issuer.requests.filter((line) => line === 'POST /token/revocation')).toHaveLength(2);
});

test.each([
  ['session', '__Host-builds-session'],
  ['refresh token', '__Secure-builds-refresh'],
])('a sign-out without the cookie of the %s revokes the other token', async (_, name) => {
  const browser = await signIn();
  browser.cookies.delete(name);
  expect((await send(cookieOf(browser), '/sign-out', 'POST')).body).toEqual({ state: 'signed-out', revoked: true });
  expect(issuer.requests.filter((line) => line === 'POST /token/revocation')).toHaveLength(1);
  browser.cookies.set(name, 'x');
  expect((await send(cookieOf(browser), '/sign-out', 'POST')).body.revoked).toBe(false);
});

test('a sign-out while the issuer is away removes the cookies, and the response and the log say so', async () => {
  const browser = await signIn();
  issuer.mode('broken');
  const { status, body, kept, lines: set } = await send(cookieOf(browser), '/sign-out', 'POST');
  expect([status, body.revoked, kept.size, set.length]).toEqual([200, false, 0, 9]);
  expect(lines.map(({ message }) => message)).toContain('a token was not revoked');
});

test('a session goes on while its keys are replaced, and ends with the former keys', async () => {
  const browser = await signIn();
  const both = await serve({ session: ['new', 'a'], refresh: ['new', 'b'] });
  const only = await serve({ session: ['new'], refresh: ['new'] });
  try {
    const renewed = await send(cookieOf(browser), '/refresh', 'POST', both.url);
    expect((await send(cookieOf(browser), '', 'GET', only.url)).body).toEqual({ state: 'signed-out' });
    expect((await send(cookieOf({ cookies: renewed.kept }), '', 'GET', only.url)).body.state).toBe('signed-in');
  } finally {
    await Promise.all([both.close(), only.close()]);
  }
});

test('a person of very many tools gets a sentence in place of a sign-in that no server would take', async () => {
  issuer.people.set('ada', { tools: Array.from({ length: 1000 }, (_, at) => `tool-with-a-number-${at}`) });
  const browser = createBrowser({ fetchPage });
  await browser.open(`${home}session/sign-in`);
  expect(browser.url()).toBe(`${home}?sign-in=too-large`);
  expect([...browser.cookies.keys()].filter((name) => /^__(?:Host|Secure)-/.test(name))).toEqual([]);
  expect(issuer.requests.filter((line) => line === 'POST /token/revocation')).toHaveLength(2);
});

test('a session larger than one cookie is kept in several', async () => {
  issuer.people.set('ada', { tools: Array.from({ length: 100 }, (_, at) => `tool-with-a-number-${at}`) });
  const browser = await signIn();
  expect([...browser.cookies.keys()].filter((name) => name.startsWith('__Host-builds-session')).length).toBeGreaterThan(
    1,
  );
  expect((await send(cookieOf(browser), '')).body.state).toBe('signed-in');
});

test('an issuer that does not respond to the beginning of a sign-in leads back to the page', async () => {
  issuer.mode('broken');
  const browser = createBrowser({ fetchPage });
  await browser.open(`${home}session/sign-in`);
  expect(browser.url()).toBe(`${home}?sign-in=unavailable`);
});

test.each([{ token_type: 'mac' }, { scope: ['a'] }, { expires_in: -1 }])(
  'a sign-in with the unusable response %j fails, and no line of the log holds the tokens',
  async (members) => {
    issuer.changeTokens(members);
    const browser = createBrowser({ fetchPage });
    await browser.open(`${home}session/sign-in`);
    expect(browser.url()).toBe(`${home}?sign-in=failed`);
    expect(lines.map(({ message }) => message)).toContain('signing in on the page failed');
    expect(JSON.stringify(lines)).not.toContain('refresh_token');
  },
);

test('a code is used once: the browser that opens the same address again is led back to the page', async () => {
  const visited: string[] = [];
  const remember = ((url: string, options) => {
    visited.push(url);
    return fetchPage(url, options);
  }) as typeof fetch;
  const browser = createBrowser({ fetchPage: remember });
  await browser.open(`${home}session/sign-in`);
  const callback = visited.find((url) => url.includes('/session/callback?')) ?? '';
  await browser.open(callback);
  expect(browser.url()).toBe(`${home}?sign-in=expired`);
  expect((await send(cookieOf(browser), '')).body.state).toBe('signed-in');
});

test('a page without a client at an issuer says that nobody can sign in', async () => {
  const settings = { webUrl: home, issuers: [issuer.setting()], authResource: resource };
  const sessions = sessionsFromSettings(
    { ...settings, sessionKeys: undefined, refreshKeys: undefined },
    new URL(home),
    () => {},
  );
  const files = await openPageFiles(join(folder, 'page'), '/builds/ui/');
  const alone = await startServer(createPageApp({ files, root: '/builds/ui/', sessions, log: () => {} }));
  try {
    expect((await send('', '', 'GET', alone.url)).body).toEqual({ state: 'unavailable' });
    expect((await send('', '/sign-out', 'POST', alone.url)).status).toBe(405);
  } finally {
    await alone.close();
  }
});
