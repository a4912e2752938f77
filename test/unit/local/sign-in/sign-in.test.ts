import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '../../../../lib/log.ts';
import { type Platform, startPlatform } from '../../../../local/platform.ts';
import { type Browser, createBrowser } from '../../../support/issuer/browser.ts';

const index = '<meta name="page-root" content="./" />The page';

let folder: string;
let platform: Platform;
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sign-in-'));
  await mkdir(join(folder, 'page'));
  await writeFile(join(folder, 'page/index.html'), index);
  platform = await startPlatform({
    folder: join(folder, 'data'),
    port: 0,
    gatewayPort: 0,
    settings: { WEB_FOLDER: join(folder, 'page'), AUTH_FAILURE_DELAY_MS: '0' },
    log: createLog('test', (line) => lines.push(line)),
  });
});

afterAll(async () => {
  await platform.close();
  await rm(folder, { recursive: true, force: true });
});

const signInAddress = (returnTo = '/'): string =>
  `${platform.url}/session/sign-in?${new URLSearchParams({ return: returnTo })}`;

const signIn = async (tools: string, returnTo?: string): Promise<Browser> => {
  const browser = createBrowser({ fields: { tools, code: platform.signInCode } });
  await browser.open(signInAddress(returnTo));
  return browser;
};

const page = { 'x-builds-page': '1', 'sec-fetch-site': 'same-origin' };

/** Sends a request with the cookies of a browser, as the page's script does. */
const send = (browser: Browser, path: string, method = 'GET', headers: Record<string, string> = page) =>
  fetch(platform.url + path, {
    method,
    headers: { ...headers, cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; ') },
  });

const statusAndCode = async (response: Response) => [
  response.status,
  ((await response.json()) as { code?: string }).code,
];

describe('a person who has signed in on the page', () => {
  test('comes back to the page at the wanted address, and acts for the chosen tools', async () => {
    const browser = await signIn('mytool, other', '/tools/mytool?x=1');
    expect(browser.url()).toBe(`${platform.url}/tools/mytool?x=1`);
    const caller = (await (await send(browser, '/v1/whoami')).json()) as { proof: string; tools: { tool: string }[] };
    expect(caller.proof).toBe('session');
    expect(caller.tools.map(({ tool }) => tool)).toEqual(['mytool', 'other']);
    expect((await send(browser, '/v1/tool/other/builds')).status).toBe(200);
    expect(await statusAndCode(await send(browser, '/v1/tool/foreign/builds'))).toEqual([403, 'forbidden']);
  });

  test('has cookies that no script can read, and that hold no readable token', async () => {
    const browser = await signIn('mytool');
    expect([...browser.cookies.keys()].filter((name) => name.startsWith('builds-')).sort()).toEqual([
      'builds-refresh',
      'builds-session',
    ]);
    for (const value of browser.cookies.values())
      for (const part of value.split('.')) expect(Buffer.from(part, 'base64url').toString()).not.toContain('groups');
  });

  test('is signed in until the sign-out, which removes every cookie of the page', async () => {
    const browser = await signIn('mytool');
    expect(await (await send(browser, '/session')).json()).toMatchObject({
      state: 'signed-in',
      ends: expect.any(String),
    });
    const out = await send(browser, '/session/sign-out', 'POST');
    expect([out.status, await out.json()]).toEqual([200, { state: 'signed-out', revoked: true }]);
    const removed = out.headers.getSetCookie().filter((line) => /Max-Age=0/.test(line));
    expect(removed.map((line) => line.split('=')[0])).toEqual(
      expect.arrayContaining(['builds-session', 'builds-refresh', 'builds-sign-in']),
    );
    expect(removed).toHaveLength(9);
  });

  test('keeps the session when the page asks for a token that is not needed yet', async () => {
    const browser = await signIn('mytool');
    const refreshed = await send(browser, '/session/refresh', 'POST');
    expect([refreshed.status, refreshed.headers.getSetCookie()]).toEqual([200, []]);
  });
});

describe('a forged request with the session of a person', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await signIn('mytool');
  });

  const foreign: [string, Record<string, string>][] = [
    ['a page of another site', { ...page, 'sec-fetch-site': 'cross-site' }],
    ['another host of the same site', { ...page, 'sec-fetch-site': 'same-site' }],
    ['a page of another port in an old browser', { 'x-builds-page': '1', origin: 'http://127.0.0.1:1' }],
    ['a form, which can not send the header of the page', { 'sec-fetch-site': 'same-origin' }],
    ['an old browser without the header of the page', {}],
  ];

  test.each(foreign)('from %s changes nothing', async (_, headers) => {
    for (const [method, path] of [
      ['POST', '/v1/tool/mytool/clean'],
      ['DELETE', '/v1/tool/mytool/builds/x'],
      ['PUT', '/v1/tool/mytool/builds/x/cancel'],
      ['POST', '/session/sign-out'],
      ['POST', '/session/refresh'],
    ] as const)
      expect(await statusAndCode(await send(browser, path, method, headers))).toEqual([403, 'cross_site']);
  });

  test.each(foreign.slice(0, 2))('from %s reads nothing', async (_, headers) => {
    for (const path of ['/v1/whoami', '/v1/tool/mytool/builds', '/session'])
      expect(await statusAndCode(await send(browser, path, 'GET', headers))).toEqual([403, 'cross_site']);
  });
});

describe('a sign-in', () => {
  test.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example',
    '/.//evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '@evil.example',
    '',
  ])('never leads to the foreign address %j', async (wanted) => {
    const browser = await signIn('mytool', wanted);
    expect(new URL(browser.url()).origin).toBe(platform.url);
  });

  test('that another browser has begun is refused, so nobody is signed in as somebody else', async () => {
    const attacker = createBrowser();
    const begun = await fetch(signInAddress(), { redirect: 'manual' });
    expect(begun.status).toBe(302);
    const callback = `${platform.url}/session/callback?code=x&state=y`;
    await attacker.open(callback);
    expect(attacker.url()).toBe(`${platform.url}/?sign-in=expired`);
    expect(attacker.cookies.has('builds-session')).toBe(false);
  });

  test('with the state of another sign-in is refused', async () => {
    const victim = createBrowser();
    const begun = await fetch(signInAddress(), { redirect: 'manual' });
    const [cookie = ''] = begun.headers.getSetCookie();
    victim.cookies.set('builds-sign-in', cookie.split(/[=;]/)[1] ?? '');
    await victim.open(`${platform.url}/session/callback?code=x&state=of-the-attacker`);
    expect(victim.url()).toBe(`${platform.url}/?sign-in=failed`);
    expect([...victim.cookies.keys()]).toEqual([]);
  });

  test('at another name of this machine leads to the one name that cookies are for', async () => {
    const other = platform.url.replace('127.0.0.1', 'localhost');
    const { status, headers } = await fetch(`${other}/tools/mytool`, { redirect: 'manual' });
    expect([status, headers.get('location')]).toEqual([307, `${platform.url}/tools/mytool`]);
  });

  test('can not be shown in a frame or requested as an image', async () => {
    for (const destination of ['iframe', 'image', 'empty'])
      for (const path of ['/session/sign-in', '/session/callback'])
        expect((await fetch(platform.url + path, { headers: { 'sec-fetch-dest': destination } })).status).toBe(403);
  });

  test('with a wrong code or a wrong tool says what is wrong', async () => {
    const wrongCode = createBrowser({ fields: { tools: 'mytool', code: 'AAAA-AAAA-AAAA' } });
    expect(await wrongCode.open(signInAddress())).toContain('The code is wrong');
    const wrongTool = createBrowser({ fields: { tools: '<script>', code: platform.signInCode } });
    const shown = await wrongTool.open(signInAddress());
    expect(shown).toContain('&lt;script&gt; is no name of a tool');
    expect(shown).not.toContain('<script');
  });

  test('that the person cancels leads back to the page, which says so', async () => {
    const browser = createBrowser({ submits: false });
    const shown = await browser.open(signInAddress());
    const action = /action="([^"]+)"/.exec(shown)?.[1] ?? '';
    await browser.open(platform.url + action, { answer: 'deny' });
    expect(browser.url()).toBe(`${platform.url}/?sign-in=denied`);
    expect([...browser.cookies.keys()]).not.toContain('builds-sign-in');
  });

  test('takes no form that a page of another site sends', async () => {
    const browser = createBrowser({ submits: false });
    const action = /action="([^"]+)"/.exec(await browser.open(signInAddress()))?.[1] ?? '';
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    const body = new URLSearchParams({ tools: 'mytool', code: platform.signInCode });
    const headers = { cookie, 'sec-fetch-site': 'cross-site' };
    const response = await fetch(platform.url + action, { method: 'POST', body, headers, redirect: 'manual' });
    expect(await statusAndCode(response)).toEqual([403, 'cross_site']);
  });

  test('says that it belongs to this machine', async () => {
    expect(await createBrowser({ submits: false }).open(signInAddress())).toContain('runs on this machine');
  });

  test.each(['PUT', 'DELETE', 'POST', 'HEAD'])('takes no %s', async (method) => {
    expect((await fetch(signInAddress(), { method })).status).toBe(405);
  });
});

test('no line of the log holds a token, a code or a cookie', () => {
  for (const line of lines) expect(line).not.toMatch(/eyJ|builds-session=|code=/);
});
