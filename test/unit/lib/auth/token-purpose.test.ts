import { describe, expect, test } from '@jest/globals';
import { otherPurpose } from '../../../../lib/auth/token-purpose.ts';

type Example = [what: string, header: Record<string, unknown>, claims: Record<string, unknown>];

const purpose = (header: Record<string, unknown>, claims: Record<string, unknown>) =>
  otherPurpose({ alg: 'RS256', kid: 'one', ...header }, { iss: 'https://id.example.org', sub: 'ada', ...claims });

const logoutEvents = { 'http://schemas.openid.net/event/backchannel-logout': {} };

describe('otherPurpose accepts', () => {
  // The claims are those that the named issuers document, as far as they matter.
  const accessTokens: Example[] = [
    ['an access token by RFC 9068', { typ: 'at+jwt' }, { client_id: 'cli', scope: 'read', jti: '1' }],
    ['an access token by RFC 9068 with the long type', { typ: 'application/at+jwt' }, { client_id: 'cli' }],
    ['an access token in capitals', { typ: 'AT+JWT' }, {}],
    ['a token without a type', {}, { groups: ['tools.mine'] }],
    ["Keycloak's access token", { typ: 'JWT' }, { typ: 'Bearer', azp: 'cli', scope: 'openid', sid: '1', acr: '1' }],
    ["an older Keycloak's access token", { typ: 'JWT' }, { typ: 'Bearer', nonce: 'n', scope: 'openid' }],
    ["CAS's access token", { typ: 'JWT' }, { nonce: '', client_id: 'cli', grant_type: 'AUTHORIZATION_CODE' }],
    ["MediaWiki's access token", { typ: 'JWT' }, { scopes: ['basic'], ratelimit: {}, jti: '1' }],
    ["Entra's access token", { typ: 'JWT', x5t: 't' }, { azp: 'cli', scp: 'read', ver: '2.0', idtyp: 'user' }],
    [
      "GitLab CI's token, which GitLab calls an ID token",
      { typ: 'JWT' },
      { project_path: 'toolforge-repos/mine', ref_protected: 'true', ref: 'main', user_login: 'ada', job_id: '7' },
    ],
    [
      "GitHub Actions' token, which GitHub calls an OIDC token",
      { typ: 'JWT', x5t: 't' },
      { repository_id: '1', ref: 'refs/heads/main', job_workflow_ref: 'o/r/.github/workflows/x.yml@main', jti: '1' },
    ],
    ["a ServiceAccount's token", {}, { 'kubernetes.io': { namespace: 'tool-mine' }, jti: '1', aud: ['builds-api'] }],
  ];
  test.each(accessTokens)('%s', (_, header, claims) => expect(purpose(header, claims)).toBeUndefined());
});

describe('otherPurpose tells', () => {
  const idTokens: Example[] = [
    ['an ID token of the code flow', {}, { nonce: 'n', azp: 'cli', auth_time: 1 }],
    ['an ID token with at_hash', { typ: 'JWT' }, { at_hash: 'h' }],
    ['an ID token with c_hash', { typ: 'JWT' }, { c_hash: 'h' }],
    ['an ID token with at_hash and a scope', { typ: 'JWT' }, { at_hash: 'h', scope: 'openid' }],
  ];
  test.each(idTokens)('%s', (_, header, claims) => expect(purpose(header, claims)).toBe('an ID token'));

  const eventTokens: Example[] = [
    ['a logout token', { typ: 'logout+jwt' }, { events: logoutEvents }],
    ['a logout token of an older issuer', { typ: 'JWT' }, { events: logoutEvents, sid: '1' }],
    ['a logout token that says to be an access token', { typ: 'at+jwt' }, { events: logoutEvents }],
    ['a security event token', { typ: 'secevent+jwt' }, { events: {} }],
  ];
  test.each(eventTokens)('%s', (_, header, claims) =>
    expect(purpose(header, claims)).toBe('an event token, such as a logout token'),
  );

  const otherTokens: Example[] = [
    ["Keycloak's ID token", { typ: 'JWT' }, { typ: 'ID', azp: 'cli', scope: 'openid' }],
    ["Keycloak's refresh token", { typ: 'JWT' }, { typ: 'Refresh', scope: 'openid' }],
    ["Keycloak's logout token", { typ: 'JWT' }, { typ: 'Logout' }],
    ["Cognito's ID token", {}, { token_use: 'id' }],
    ['a proof of possession', { typ: 'dpop+jwt' }, { htm: 'GET' }],
    ['a type that is a number', { typ: 1 }, {}],
    ['a type that is null', { typ: null }, {}],
    ['an empty type', { typ: '' }, {}],
  ];
  test.each(otherTokens)('%s', (_, header, claims) => expect(purpose(header, claims)).toBe('a token of another type'));
});
