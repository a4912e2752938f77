import { describe, expect, test } from '@jest/globals';
import type { IssuerFetch } from '../../../../cli/session/issuer-fetch.ts';
import { refresh } from '../../../../cli/session/refresh.ts';
import type { Session } from '../../../../cli/session/session.ts';

const session: Session = {
  issuer: 'https://id.example.org',
  clientId: 'cli',
  resource: 'builds',
  tokenEndpoint: 'https://id.example.org/token',
  revocationEndpoint: undefined,
  accessToken: 'old',
  refreshToken: 'again',
  refreshAt: 0,
  expiresAt: 100,
};

/** Returns a `fetch` that responds to every request with the given status and JSON. */
const responding =
  (status: number, json: Record<string, unknown>): IssuerFetch =>
  async () =>
    Response.json(json, { status });

describe('refresh', () => {
  test.each([
    [400, 'invalid_grant'],
    [401, 'invalid_grant'],
    [401, 'invalid_client'],
    [400, 'unauthorized_client'],
  ])('says that the sign-in has ended when the issuer answers with %i %s', async (status, error) => {
    await expect(refresh(session, responding(status, { error }), () => 1)).rejects.toThrow('Your sign-in has ended.');
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
  ])('keeps a token that has not expired when the issuer answers with %i %j', async (status, json) => {
    expect(await refresh(session, responding(status, json), () => 99)).toBe(session);
    const late = refresh(session, responding(status, json), () => 100);
    await expect(late).rejects.toThrow('Your token has expired, and https://id.example.org does not give another now.');
  });

  test('sends the refresh token and the resource, and ignores the ID token of the response', async () => {
    let form: Record<string, string> = {};
    const fetch: IssuerFetch = async (url, { body }) => {
      expect(url).toBe('https://id.example.org/token');
      form = Object.fromEntries(new URLSearchParams(String(body)));
      return Response.json({ access_token: 'new', token_type: 'Bearer', expires_in: 10, id_token: 'not.checked.here' });
    };
    expect(await refresh(session, fetch, () => 1000)).toEqual({
      ...session,
      accessToken: 'new',
      refreshAt: 9000,
      expiresAt: 11_000,
    });
    expect(form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'again',
      client_id: 'cli',
      resource: 'builds',
    });
  });
});
