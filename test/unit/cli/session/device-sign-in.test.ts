import { describe, expect, jest, test } from '@jest/globals';
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
const signInWith = async (replies: [number, object][], metadata = issuer.metadata, device: object = {}) => {
  const shown: string[] = [];
  const session = await signInByDevice(
    { ...issuer, metadata },
    {
      fetch: async (url) => {
        if (url.endsWith('/device')) return Response.json({ ...code, ...device });
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

  test('keeps the longer interval of slow_down after a failure of the issuer', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'performance', 'queueMicrotask', 'setImmediate'] });
    try {
      const times: number[] = [];
      const replies: [number, object][] = [
        [400, { error: 'slow_down' }],
        [503, {}],
        [500, {}],
        [200, tokens],
      ];
      const signedIn = signInByDevice(issuer, {
        fetch: async (url) => {
          if (url.endsWith('/device')) return Response.json({ ...code, interval: 5, expires_in: 600 });
          times.push(Date.now());
          const [status, json] = replies.shift() ?? [500, {}];
          return Response.json(json, { status });
        },
        show: () => undefined,
      });
      for (let second = 0; second < 60; second++) await jest.advanceTimersByTimeAsync(1000);
      expect((await signedIn).accessToken).toBe('new');
      expect(times.slice(1).map((time, at) => (time - (times[at] ?? 0)) / 1000)).toEqual([10, 10, 10]);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([
    [{ verification_uri: 'javascript:alert(1)' }, 'neither an http nor an https URL'],
    [{ verification_uri_complete: 'http://evil.example/' }, 'not encrypted'],
    [{ user_code: 'A\u202eB' }, "a code that can't be compared"],
    [{ user_code: 'A'.repeat(65) }, "a code that can't be compared"],
  ])('shows nothing of the dangerous response %j', async (device, sentence) => {
    await expect(signInWith([[200, tokens]], issuer.metadata, device)).rejects.toThrow(sentence);
  });

  test('waits for at most an hour, whatever the issuer says', async () => {
    const { session } = await signInWith([[200, tokens]], issuer.metadata, { expires_in: 1e300 });
    expect(session.accessToken).toBe('new');
  });

  test('takes no access token that is none', async () => {
    const signedIn = signInWith([[200, { ...tokens, access_token: 'a\u001b[8m' }]]);
    await expect(signedIn).rejects.toThrow('https://id.example.org sent is not a token');
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
