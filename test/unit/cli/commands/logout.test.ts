import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openSessionFile, sessionPath } from '../../../../cli/session/session-file.ts';
import { type Cli, createCli, folder, json, remove, serve } from '../support.ts';

let cli: Cli;
beforeAll(() => {
  cli = createCli();
});
afterAll(() => cli.close());

describe('logout', () => {
  /** Signs out of a session whose issuer sends one response for the refresh token and one for the access token. */
  const logout = async (replies: [number, object][]) => {
    const HOME = folder();
    const issuer = await serve((_, response) => json(response, ...(replies.shift() ?? [500, {}])));
    const base = new URL('https://api.example.org/builds/v1');
    const endpoints = {
      issuer: issuer.url,
      tokenEndpoint: `${issuer.url}/token`,
      revocationEndpoint: `${issuer.url}/revoke`,
    };
    const tokens = { accessToken: 'a', refreshToken: 'r', refreshAt: undefined, expiresAt: Date.UTC(2030, 0, 1) };
    await openSessionFile(sessionPath({}, HOME)).change(base, async () => ({
      clientId: 'c',
      resource: 'r',
      ...endpoints,
      ...tokens,
    }));
    const env = { HOME, TOOLFORGE_TOKEN: '', TOOL_TOOLFORGE_API_URL: base.origin };
    const { code, stdout, stderr } = await cli.run(['logout'], env);
    await issuer.close();
    remove(HOME);
    return { code, stdout, stderr };
  };
  const refresh =
    'Warning: The issuer did not revoke the refresh token: whoever has a copy of it can get new tokens until the issuer ends it.\n';
  const access = (verb: string) =>
    `Warning: The issuer ${verb} not revoke the access token: whoever has a copy of it may use it until 2030-01-01T00:00:00.000Z.\n`;
  const out = 'You are signed out.\n';
  const removed = 'The tokens are removed from this machine.\n';

  test.each<[string, [number, object][], number, string, string]>([
    [
      'revokes both tokens',
      [
        [200, {}],
        [200, {}],
      ],
      0,
      out,
      '',
    ],
    [
      'can not revoke the access token',
      [
        [200, {}],
        [400, { error: 'unsupported_token_type' }],
      ],
      0,
      out,
      access('can'),
    ],
    [
      'fails for the access token',
      [
        [200, {}],
        [503, {}],
      ],
      6,
      removed,
      access('did'),
    ],
    [
      'fails for the refresh token',
      [
        [503, {}],
        [200, {}],
      ],
      6,
      removed,
      refresh,
    ],
    ['fails for both tokens', [], 6, removed, refresh + access('did')],
  ])('says the truth when the issuer %s', async (_, replies, code, stdout, stderr) => {
    expect(await logout(replies)).toEqual({ code, stdout, stderr });
  });
});
