import { describe, expect, test } from '@jest/globals';
import { signInByDevice } from '../../../../cli/session/device-sign-in.ts';
import type { Issuer } from '../../../../cli/session/openid.ts';

const issuer: Issuer = {
  metadata: {
    issuer: 'https://id.example.org',
    token_endpoint: 'https://id.example.org/token',
    device_authorization_endpoint: 'https://id.example.org/device',
  },
  clientId: 'cli',
  scope: 'openid',
  resource: 'builds',
};
const code = { device_code: 'd', user_code: 'USER', verification_uri: 'https://id.example.org/go', expires_in: 60 };
const tokens = { access_token: 'new', token_type: 'Bearer' };

/** Signs in by device at an issuer whose token endpoint sends the given responses, one after the other. */
const signInWith = async (replies: [number, object][], metadata = issuer.metadata) => {
  const shown: string[] = [];
  const session = await signInByDevice(
    { ...issuer, metadata },
    {
      fetch: async (url) => {
        if (url.endsWith('/device')) return Response.json(code);
        const [status, json] = replies.shift() ?? [500, {}];
        return Response.json(json, { status });
      },
      show: (url, userCode) => void shown.push(url, userCode),
      pollSeconds: 0,
    },
  );
  return { session, shown };
};

describe('signInByDevice', () => {
  test('shows the page and the code, and polls until the user has signed in, also through errors of 5xx', async () => {
    const { session, shown } = await signInWith([
      [400, { error: 'authorization_pending' }],
      [503, {}],
      [500, {}],
      [200, tokens],
    ]);
    expect(shown).toEqual(['https://id.example.org/go', 'USER']);
    expect(session).toMatchObject({ issuer: 'https://id.example.org', accessToken: 'new', resource: 'builds' });
  });

  test.each([
    ['expired_token', 'The code expired before you signed in.'],
    ['access_denied', 'https://id.example.org refused to sign you in (access_denied).'],
  ])('fails after %s', async (error, sentence) => {
    await expect(signInWith([[400, { error }]])).rejects.toThrow(sentence);
  });

  test('says that an issuer without the endpoint needs a browser on this machine', async () => {
    const { device_authorization_endpoint: _, ...metadata } = issuer.metadata;
    await expect(signInWith([], metadata)).rejects.toThrow("can't sign you in without a browser");
  });
});
