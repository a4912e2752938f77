import { expect, test } from '@jest/globals';
import { generateKeyPair, SignJWT } from 'jose';
import { createAccess } from '../../../../../lib/auth/access.ts';
import { createAuthenticate } from '../../../../../lib/auth/authenticate.ts';
import { withRateLimit } from '../../../../../lib/auth/rate-limit.ts';
import { createSessionCheck } from '../../../../../lib/auth/session/check.ts';
import { createSealer } from '../../../../../lib/auth/session/sealed.ts';
import { verifyToken } from '../../../../../lib/auth/token.ts';
import { fixedSecret } from '../../../../support/secret.ts';

const keys = fixedSecret('key');
const [issuer, audience] = ['https://id.example.org', 'builds-api'];

/** Sends a session with a token that expires after some seconds, signed by its issuer or by somebody else. */
const sendSession = async (seconds: number, isGenuine = true) => {
  const [own, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  const expires = Math.floor(Date.now() / 1000) + seconds;
  const claims = { iss: issuer, aud: audience, sub: 'ada', exp: expires };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256' })
    .sign((isGenuine ? own : other).privateKey);
  const checkToken = async ({ authorization = '' }) => {
    const { sub, exp } = await verifyToken(authorization.slice(7), {
      issuer,
      audience,
      keys: async () => own.publicKey,
    });
    return createAccess({ subject: sub, credential: 'person', grants: [], expires: exp });
  };
  const [lines, delays]: [string[], number[]] = [[], []];
  const authenticate = withRateLimit(createAuthenticate([createSessionCheck({ keys, isSecure: true, checkToken })]), {
    ...{ rateReads: 0, rateChanges: 0, failureDelayMs: 1000 },
    log: (_, message) => lines.push(message),
    sleep: async (ms) => void delays.push(ms),
  });
  const sealed = await createSealer(keys, 'session').seal({ token, id: 'x', expires: Date.now() / 1000 + 600 });
  const result = await authenticate({ cookie: `__Host-builds-session=${sealed}` }).then(
    ({ credential }) => credential,
    ({ status, code }) => `${status} ${code}`,
  );
  return { result, lines, delays };
};

test('a session with a valid token is accepted', async () => {
  expect((await sendSession(60)).result).toBe('session');
});

test('a session whose token has only expired is refused without a delay, and counts as no guess', async () => {
  expect(await sendSession(-600)).toEqual({ result: '401 unauthenticated', lines: [], delays: [] });
});

test('a session with an expired token that its issuer has not signed counts as a guess', async () => {
  const refused = { result: '401 token_invalid', lines: ['sign-in refused'], delays: [1000] };
  expect(await sendSession(-600, false)).toEqual(refused);
  expect(await sendSession(60, false)).toEqual(refused);
});
