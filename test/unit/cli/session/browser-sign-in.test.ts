import { get } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { signInByBrowser } from '../../../../cli/session/browser-sign-in.ts';
import type { IssuerFetch } from '../../../../cli/session/issuer-fetch.ts';
import type { Issuer } from '../../../../cli/session/openid.ts';

const issuer: Issuer = {
  metadata: {
    issuer: 'https://id.example.org',
    authorization_endpoint: 'https://id.example.org/auth',
    token_endpoint: 'https://id.example.org/token',
  },
  clientId: 'cli',
  scope: 'openid',
  resource: 'builds',
};

/** Sends a path to an HTTP server exactly as given, because fetch would normalize the path. @returns the status */
const request = (port: string, path: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

/**
 * Signs in with a fake browser, which requests each path in `paths` from the local server that waits for the issuer's
 * redirect. `STATE` in a path is replaced by the state of the sign-in.
 */
const signInWith = async (paths: string[]) => {
  const statuses: (number | undefined)[] = [];
  const visit = async (page: URL): Promise<void> => {
    const { port } = new URL(page.searchParams.get('redirect_uri') ?? '');
    const state = page.searchParams.get('state') ?? '';
    for (const path of paths) statuses.push(await request(port, path.replace('STATE', state)));
  };
  let visited: Promise<void> | undefined;
  const sent: { form: Record<string, string> | undefined; page: URL | undefined } = {
    form: undefined,
    page: undefined,
  };
  const fetch: IssuerFetch = async (_url, { body }) => {
    sent.form = Object.fromEntries(new URLSearchParams(String(body)));
    return Response.json({ access_token: 'new', token_type: 'Bearer' });
  };
  const session = await signInByBrowser(issuer, fetch, (url) => {
    sent.page = new URL(url);
    visited = visit(sent.page);
  });
  await visited;
  return { session, statuses, ...sent };
};

describe('signInByBrowser', () => {
  test('answers every request without our state with 404, and then accepts the redirect', async () => {
    const strangers = ['//', '//[/', '/', '/callback', '/callback?state=x', '//callback?state=STATE'];
    const { session, statuses, form } = await signInWith([...strangers, '/callback?state=STATE&code=c%3F']);
    expect(statuses).toEqual([404, 404, 404, 404, 404, 404, 200]);
    expect(session.accessToken).toBe('new');
    expect(form?.code).toBe('c?');
  });

  test('sends a PKCE challenge of S256, and the same redirect URI to both endpoints', async () => {
    const { page, form } = await signInWith(['/callback?state=STATE&code=c']);
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(form?.code_verifier));
    expect(Object.fromEntries(page?.searchParams ?? [])).toMatchObject({
      response_type: 'code',
      client_id: 'cli',
      scope: 'openid',
      resource: 'builds',
      code_challenge: Buffer.from(digest).toString('base64url'),
      code_challenge_method: 'S256',
      prompt: 'consent',
    });
    expect(form).toMatchObject({
      grant_type: 'authorization_code',
      client_id: 'cli',
      resource: 'builds',
      redirect_uri: page?.searchParams.get('redirect_uri'),
    });
  });

  test.each([
    [
      'an error of the issuer',
      'error=access_denied&error_description=no',
      'refused to sign you in (access_denied: no)',
    ],
    ['a redirect of another issuer', 'code=c&iss=https://other.example.org', 'refused to sign you in'],
    ['a redirect without a code', 'x=y', 'refused to sign you in'],
  ])('fails after %s', async (_, query, sentence) => {
    await expect(signInWith([`/callback?state=STATE&${query}`])).rejects.toThrow(sentence);
  });
});
