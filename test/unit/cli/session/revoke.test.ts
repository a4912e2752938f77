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
 * Revokes a session at an issuer that sends the given responses. @returns the result, and the revoked tokens in order
 */
const revokeWith = async (replies: [number, object][], changed: Partial<Session> = {}) => {
  const tokens: (string | null)[] = [];
  const isRevoked = await revoke({ ...session, ...changed }, async (_url, { body }) => {
    tokens.push(new URLSearchParams(String(body)).get('token'));
    const [status, json] = replies.shift() ?? [500, {}];
    return Response.json(json, { status });
  });
  return { isRevoked, tokens };
};

test.each([
  [
    'both revocations',
    [
      [200, {}],
      [200, {}],
    ],
    true,
    ['refresh', 'access'],
  ],
  [
    'an access token that can not be revoked',
    [
      [200, {}],
      [400, { error: 'unsupported_token_type' }],
    ],
    true,
    ['refresh', 'access'],
  ],
  ['another error', [[400, { error: 'invalid_client' }]], false, ['refresh']],
  ['a failure of the issuer', [[503, {}]], false, ['refresh']],
] as [string, [number, object][], boolean, string[]][])('revoke after %s', async (_, replies, isRevoked, tokens) => {
  expect(await revokeWith(replies)).toEqual({ isRevoked, tokens });
});

test('revoke returns false for an issuer without a revocation endpoint', async () => {
  expect(await revokeWith([], { revocationEndpoint: undefined })).toEqual({ isRevoked: false, tokens: [] });
});
