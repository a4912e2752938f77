import { get } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { commandToken } from '../../../cli/session/command.ts';
import { createExchange, type Exchange } from '../../../cli/session/exchange.ts';
import type { Issuer } from '../../../cli/session/issuer.ts';
import { signInByBrowser } from '../../../cli/session/pkce.ts';
import { refresh, type Session } from '../../../cli/session/tokens.ts';
import { startServer } from '../../support/server.ts';

const issuer: Issuer = {
  issuer: 'https://id.example.org',
  clientId: 'cli',
  scope: 'openid',
  resource: 'builds',
  authorizationEndpoint: 'https://id.example.org/auth',
  tokenEndpoint: 'https://id.example.org/token',
  deviceEndpoint: undefined,
  revocationEndpoint: undefined,
};
const { scope: _, authorizationEndpoint: __, deviceEndpoint: ___, ...endpoint } = issuer;
const session: Session = { ...endpoint, accessToken: 'old', refreshToken: 'again', refreshAt: 0, expiresAt: 100 };
const answers =
  (status: number, json: Record<string, unknown>): Exchange =>
  async () => ({ status, json });

describe('an issuer that gives no other token', () => {
  test.each([
    [400, 'invalid_grant'],
    [401, 'invalid_grant'],
    [401, 'invalid_client'],
    [400, 'unauthorized_client'],
  ])('with %i %s has ended the sign-in', async (status, error) => {
    await expect(refresh(session, answers(status, { error }), () => 1)).rejects.toThrow('Your sign-in has ended.');
  });

  test.each([
    [429, {}],
    [429, { error: 'invalid_grant' }],
    [400, {}],
    [400, { error: 'temporarily_unavailable' }],
    [403, { error: 'blocked' }],
    [404, {}],
    [302, {}],
    [503, {}],
  ])('with %i %j has not: the token is used while it is good', async (status, json) => {
    expect(await refresh(session, answers(status, json), () => 99)).toBe(session);
    const late = refresh(session, answers(status, json), () => 100);
    await expect(late).rejects.toThrow('Your token has expired, and https://id.example.org does not give another now.');
  });
});

/** @returns the status of what a local process asks for, byte for byte */
const knock = (port: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });

test('whatever knocks while one signs in is sent away, and does not end it', async () => {
  const seen: (number | undefined)[] = [];
  const visit = async (page: URL): Promise<void> => {
    const { port } = new URL(page.searchParams.get('redirect_uri') ?? '');
    const state = page.searchParams.get('state');
    const paths = ['//', '//[/', '/', '/callback', '/callback?state=x', `//callback?state=${state}`];
    for (const path of paths) seen.push(await knock(port, path));
    seen.push(await knock(port, `/callback?state=${state}&code=c%3F`));
  };
  let visited: Promise<void> | undefined;
  let sent: Record<string, string> | undefined;
  const exchange: Exchange = async (_url, form) => {
    sent = form;
    return { status: 200, json: { access_token: 'new' } };
  };
  const signedIn = await signInByBrowser(issuer, exchange, (url) => {
    visited = visit(new URL(url));
  });
  await visited;
  expect(seen).toEqual([404, 404, 404, 404, 404, 404, 200]);
  expect(signedIn.accessToken).toBe('new');
  expect(sent?.code).toBe('c?');
});

test('an issuer that never comes to the end of its answer is given up', async () => {
  const drips = new Set<NodeJS.Timeout>();
  const server = await startServer((_request, response) => {
    response.writeHead(200);
    drips.add(setInterval(() => response.write(' '), 5));
  });
  const exchange = createExchange({ verify: true, ca: [] }, 100);
  await expect(exchange(server.url)).rejects.toThrow('does not answer in time');
  for (const drip of drips) clearInterval(drip);
  await server.close();
});

describe('a command for tokens that fails', () => {
  const told = async (command: string): Promise<string> =>
    commandToken(command, { PATH: process.env.PATH })().then(
      () => 'a token',
      ({ message }: Error) => message,
    );

  test('in silence is told by its exit code, without what stands in it', async () => {
    expect(await told(': s3cret; exit 3')).toBe('TOOLFORGE_TOKEN_COMMAND failed: exit code 3');
    expect(await told(': s3cret; kill -9 $$')).toBe('TOOLFORGE_TOKEN_COMMAND failed: it was ended by SIGKILL');
  });

  test('with words is told by them', async () => {
    expect(await told('echo no runner >&2; exit 3')).toBe('TOOLFORGE_TOKEN_COMMAND failed: no runner');
  });
});
