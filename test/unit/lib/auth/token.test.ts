import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createIssuerKeys } from '../../../../lib/auth/issuer-keys.ts';
import { createTokenCheck, verifyToken } from '../../../../lib/auth/token.ts';
import type { TrustedIssuer } from '../../../../lib/auth/trusted-issuers.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

let keys: TestServer;
let published: JWK[] = [];
let broken = false;
let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let issuer: TrustedIssuer;

const publish = async (key: typeof pair, kid: string) => ({ ...(await exportJWK(key.publicKey)), kid, alg: 'ES256' });

beforeAll(async () => {
  pair = await generateKeyPair('ES256', { extractable: true });
  published = [await publish(pair, 'one')];
  keys = await startServer((_, res) =>
    broken ? res.writeHead(500).end('oops') : res.end(JSON.stringify({ keys: published })),
  );
  issuer = {
    issuer: 'https://id.example.org',
    audience: 'builds-api',
    jwksUri: `${keys.url}/jwks`,
    claim: 'groups',
    prefix: 'tools.',
  };
});
afterAll(() => keys.close());

type Claims = { iss?: string; aud?: string; exp?: number; nbf?: number; sub?: string; groups?: unknown };
const seconds = () => Math.floor(Date.now() / 1000);
const token = (claims: Claims = {}, kid = 'one', key = pair.privateKey) => {
  const all = {
    iss: issuer.issuer,
    aud: issuer.audience,
    exp: seconds() + 60,
    sub: 'somebody',
    groups: ['tools.mine', 'tools.second', 'users'],
    ...claims,
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(given).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
};
/** Returns a genuine token with claims in JSON, of which `more` may be any text, and more header parameters. */
const tokenOf = (more: string, header: Record<string, unknown> = {}) => {
  const { iss, aud } = { iss: issuer.issuer, aud: issuer.audience };
  const claims = `{"iss":"${iss}","aud":"${aud}","groups":["tools.mine"],${more}}`;
  return new CompactSign(new TextEncoder().encode(claims))
    .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
    .sign(pair.privateKey);
};
const authenticate = (authorization: string | undefined, trusted = issuer) =>
  createAuthenticate([createTokenCheck([trusted])])(authorization === undefined ? {} : { authorization });
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('a valid token gives access to its tools and to no others', async () => {
  const access = await authenticate(`Bearer ${await token()}`);
  expect(access).toMatchObject({
    tools: ['mine', 'second'],
    credential: 'person',
    subject: 'https://id.example.org#somebody',
  });
  expect(() => access.assertTool('mine', 'read')).not.toThrow();
  expect(() => access.assertTool('users', 'read')).toThrow(expect.objectContaining({ status: 403 }));
});

test.each([[undefined], ['tools.mine'], [[1, null, { a: 1 }]], [{ 0: 'tools.mine' }]])(
  'a token with the groups %j gives access to the tool that they name, or to none',
  async (groups) => {
    const { tools } = await authenticate(`Bearer ${await token({ groups })}`);
    expect(tools).toEqual(groups === 'tools.mine' ? ['mine'] : []);
  },
);

describe('createAuthenticate refuses with 401 and a code', () => {
  const refused = (authorization: string | undefined, code = 'token_invalid') =>
    expect(authenticate(authorization)).rejects.toMatchObject({
      status: 401,
      code,
      headers: { 'www-authenticate': expect.stringMatching(/^Bearer/) },
    });

  test('a request without a credential', () => refused(undefined, 'unauthenticated'));
  test.each(['', 'Bearer', 'Basic YTpi', 'Bearer a b', 'Bearer not.a.jwt', 'Bearer ..', `Bearer ${'x'.repeat(9000)}`])(
    'the Authorization header "%.20s"',
    (authorization) => refused(authorization),
  );
  test('an expired token, with its time and the time here, so that a wrong clock shows', async () => {
    const authorization = `Bearer ${await token({ exp: 1_700_000_000 })}`;
    await refused(authorization);
    const times =
      /^The token expired on 2023-11-14T22:13:20Z, and here it is 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\. Sign in again\.$/;
    await expect(authenticate(authorization)).rejects.toThrow(times);
  });
  test('no token of a clock that differs by 25 seconds', async () => {
    for (const claims of [{ exp: seconds() - 25 }, { nbf: seconds() + 25 }])
      await expect(authenticate(`Bearer ${await token(claims)}`)).resolves.toBeDefined();
  });
  test('a token without expiry', async () => refused(`Bearer ${await token({ exp: undefined } as never)}`));
  test('a token without subject', async () => refused(`Bearer ${await token({ sub: undefined } as never)}`));
  test('a token that is not valid yet, with the hint at a wrong clock', async () => {
    const authorization = `Bearer ${await token({ nbf: 4_000_000_000 })}`;
    await refused(authorization);
    await expect(authenticate(authorization)).rejects.toThrow(
      /counts from 2096-10-02T07:06:40Z on, and here .*the clock/,
    );
  });
  test('a token for another audience', async () => {
    const authorization = `Bearer ${await token({ aud: 'other' })}`;
    await refused(authorization);
    await expect(authenticate(authorization)).rejects.toThrow('its audience must be builds-api');
  });
  test('a token of another issuer that signs with the same keys, with both names', async () => {
    const expected = { issuer: 'https://kubernetes.default.svc', audience: issuer.audience };
    const load = async () => ({ keys: published });
    await expect(verifyToken(await token(), { ...expected, keys: createIssuerKeys({ load }) })).rejects.toMatchObject({
      status: 401,
      message: 'The token is from "https://id.example.org", and must be from "https://kubernetes.default.svc".',
    });
  });
  test('a token of an unknown issuer', async () =>
    refused(`Bearer ${await token({ iss: 'https://evil.example.org' })}`));
  test("a token signed with another key under the issuer's key id", async () =>
    refused(`Bearer ${await token({}, 'one', (await generateKeyPair('ES256')).privateKey)}`));
  test('a token with an unknown key id', async () => refused(`Bearer ${await token({}, 'two')}`));
  test.each([
    ['a number', '7'],
    ['null', 'null'],
    ['true', 'true'],
    ['an object', '{"a":"b"}'],
    ['an empty object', '{}'],
    ['a list', '["somebody"]'],
    ['empty', '""'],
    ['of 2,049 characters', `"${'x'.repeat(2049)}"`],
  ])('a token whose subject is %s', async (_, sub) =>
    refused(`Bearer ${await tokenOf(`"exp":${seconds() + 60},"sub":${sub}`)}`),
  );
  test.each(['1e400', '1e300', '9e12'])('a token that expires at %s', async (exp) =>
    refused(`Bearer ${await tokenOf(`"sub":"somebody","exp":${exp}`)}`),
  );
  test.each([
    ['an ID token', {}, '"nonce":"n"'],
    ['an ID token with at_hash', { typ: 'JWT' }, '"at_hash":"h","scope":"openid"'],
    ['a logout token', { typ: 'logout+jwt' }, '"events":{}'],
    [
      'a logout token of the type JWT',
      { typ: 'JWT' },
      '"events":{"http://schemas.openid.net/event/backchannel-logout":{}}',
    ],
    ['a proof of possession', { typ: 'dpop+jwt' }, '"jti":"1"'],
  ])('%s for the audience of the API', async (_, header, claims) => {
    const authorization = `Bearer ${await tokenOf(`"sub":"somebody","exp":${seconds() + 60},${claims}`, header)}`;
    await refused(authorization);
    await expect(authenticate(authorization)).rejects.toThrow('Send an access token');
  });
  test('a token without the type that its issuer writes into every access token', async () => {
    const trusted = { ...issuer, tokenType: 'at+jwt' } as const;
    const claims = `"sub":"somebody","exp":${seconds() + 60}`;
    const accessToken = `Bearer ${await tokenOf(claims, { typ: 'at+jwt' })}`;
    await expect(authenticate(accessToken, trusted)).resolves.toMatchObject({ tools: ['mine'] });
    const idToken = `Bearer ${await tokenOf(claims, { typ: 'JWT' })}`;
    await expect(authenticate(idToken, trusted)).rejects.toMatchObject({ status: 401, code: 'token_invalid' });
  });
  test('a token with alg none', async () => {
    const [, payload] = (await token()).split('.');
    await refused(`Bearer ${encoded({ alg: 'none' })}.${payload}.`);
  });
  test('a token without its signature', async () => {
    const [header, payload] = (await token()).split('.');
    await refused(`Bearer ${header}.${payload}.`);
  });
  test('a token with HS256 signed with the public key', async () => {
    const [, payload] = (await token()).split('.');
    const input = `${encoded({ alg: 'HS256', kid: 'one' })}.${payload}`;
    await refused(
      `Bearer ${input}.${createHmac('sha256', await exportSPKI(pair.publicKey))
        .update(input)
        .digest('base64url')}`,
    );
  });
});

test('a token is refused with 503 when the keys can not be loaded, and accepted with keys loaded before', async () => {
  const known = createAuthenticate([createTokenCheck([issuer])]);
  await known({ authorization: `Bearer ${await token()}` });
  broken = true;
  try {
    await expect(authenticate(`Bearer ${await token()}`)).rejects.toMatchObject({ status: 503, code: 'unavailable' });
    await expect(known({ authorization: `Bearer ${await token()}` })).resolves.toMatchObject({ credential: 'person' });
  } finally {
    broken = false;
  }
});
