import { expect, test } from '@jest/globals';
import { revoke } from '../../../../cli/session/revoke.ts';
import type { Session } from '../../../../cli/session/session.ts';

const session: Session = {
  issuer: 'https://id.example.org',
  clientId: 'cli',
  resource: 'builds',
  tokenEndpoint: 'https://id.example.org/token',
  revocationEndpoint: 'https://id.example.org/revoke',
  accessToken: 'access',
  refreshToken: 'refresh',
  refreshAt: undefined,
  expiresAt: undefined,
};

/**
 * Revokes a session at an issuer that sends the given responses, one for each token. @returns the result, and the tokens
 * in the order in which they were to be revoked
 */
const revokeWith = async (replies: [number, object][], changed: Partial<Session> = {}) => {
  const tokens: (string | null)[] = [];
  const revoked = await revoke({ ...session, ...changed }, async (_url, { body }) => {
    tokens.push(new URLSearchParams(String(body)).get('token'));
    const [status, json] = replies.shift() ?? [500, {}];
    return Response.json(json, { status });
  });
  return { ...revoked, tokens };
};

type Reply = [number, object];
const done: Reply = [200, {}];
const unsupported: Reply = [400, { error: 'unsupported_token_type' }];

test.each<[string, Reply, Reply, string, string]>([
  ['both revocations', done, done, 'revoked', 'revoked'],
  ['an access token that keeps no record', done, unsupported, 'revoked', 'irrevocable'],
  ['a refusal of the client', [400, { error: 'invalid_client' }], done, 'failed', 'revoked'],
  ['a failure for the access token', done, [503, {}], 'revoked', 'failed'],
  ['a failure of the issuer', [503, {}], [503, {}], 'failed', 'failed'],
])(
  'revoke asks for both tokens and tells what the issuer did: %s',
  async (_, first, second, refreshToken, accessToken) => {
    expect(await revokeWith([first, second])).toEqual({ refreshToken, accessToken, tokens: ['refresh', 'access'] });
  },
);

test('revoke fails for an issuer without a revocation endpoint', async () => {
  const expected = { refreshToken: 'failed', accessToken: 'failed', tokens: [] };
  expect(await revokeWith([], { revocationEndpoint: undefined })).toEqual(expected);
});

test('revoke asks for the access token alone when the session has no refresh token', async () => {
  const expected = { refreshToken: 'none', accessToken: 'revoked', tokens: ['access'] };
  expect(await revokeWith([done], { refreshToken: undefined })).toEqual(expected);
});
