import { expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK, jwtVerify, SignJWT } from 'jose';
import { createIssuerKeys, downloadKeys, KeysUnavailable } from '../../../../lib/auth/issuer-keys.ts';
import { startServer } from '../../../support/server.ts';

const pairOf = async (kid: string) => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256' };
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'ES256', kid })
    .setExpirationTime('1h')
    .sign(pair.privateKey);
  return { jwk, token };
};

test('a rotated key is found without a restart, and made-up key ids do not load the issuer', async () => {
  const [one, two, strange] = await Promise.all([pairOf('one'), pairOf('two'), pairOf('strange')]);
  let published = [one.jwk];
  let loads = 0;
  let clock = 0;
  const load = async () => {
    loads++;
    return { keys: published };
  };
  const keys = createIssuerKeys({ load, now: () => clock });
  await Promise.all([jwtVerify(one.token, keys), jwtVerify(one.token, keys)]);
  expect(loads).toBe(1);
  // The issuer rotates its key one second after the first download.
  published = [two.jwk];
  clock += 1000;
  await jwtVerify(two.token, keys);
  expect(loads).toBe(2);
  for (let attempt = 0; attempt < 20; attempt++)
    await expect(jwtVerify(strange.token, keys)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  expect(loads).toBe(2);
});

test('many tokens of a rotated key that arrive at once are all accepted, with a single download', async () => {
  const [one, two, strange] = await Promise.all([pairOf('one'), pairOf('two'), pairOf('strange')]);
  let published = [one.jwk];
  let loads = 0;
  const downloads: (() => void)[] = [];
  const load = async () => {
    loads++;
    if (loads > 1) await new Promise<void>((resolve) => downloads.push(resolve));
    return { keys: published };
  };
  const keys = createIssuerKeys({ load, now: () => 0 });
  await jwtVerify(one.token, keys);
  published = [two.jwk];
  const early = Array.from({ length: 10 }, () => jwtVerify(two.token, keys));
  const madeUp = jwtVerify(strange.token, keys).catch(({ code }) => code);
  while (downloads.length === 0) await new Promise(setImmediate);
  const late = Array.from({ length: 10 }, () => jwtVerify(two.token, keys));
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  for (const finish of downloads) finish();
  await Promise.all([...early, ...late]);
  expect(await madeUp).toBe('ERR_JWKS_NO_MATCHING_KEY');
  expect(loads).toBe(2);
});

test('loaded keys stay in use while the issuer is away, and without loaded keys KeysUnavailable is thrown', async () => {
  const one = await pairOf('one');
  let clock = 0;
  let away = false;
  const load = async () => {
    if (away) throw new Error('away');
    return { keys: [one.jwk] };
  };
  const keys = createIssuerKeys({ load, now: () => clock });
  await jwtVerify(one.token, keys);
  away = true;
  clock += 60 * 60 * 1000;
  await jwtVerify(one.token, keys);
  await expect(jwtVerify(one.token, createIssuerKeys({ load }))).rejects.toBeInstanceOf(KeysUnavailable);
});

test.each<[string, () => { keys: { keys: JWK[] }; at: number }]>([
  ['hold no key', () => ({ keys: { keys: [null as unknown as JWK] }, at: Date.now() })],
  [
    'can not be read',
    () => {
      throw new Error('oops');
    },
  ],
])('saved keys that %s are ignored', async (_, saved) => {
  const one = await pairOf('one');
  await jwtVerify(one.token, createIssuerKeys({ load: async () => ({ keys: [one.jwk] }), saved }));
});

test.each([
  ['of status 500', 500, '{}'],
  ['without JSON', 200, '<html>'],
  ['of 2 MB', 200, ' '.repeat(2_000_000)],
])('downloadKeys refuses a response %s', async (_, status, body) => {
  const server = await startServer((_req, res) => res.writeHead(status).end(body));
  await expect(downloadKeys({ jwksUri: `${server.url}/jwks` })).rejects.toThrow();
  await server.close();
});
