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

test('a rotated key is found without a restart, and made-up ids do not load the issuer', async () => {
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
  // However soon after the first ones were loaded.
  published = [two.jwk];
  clock += 1000;
  await jwtVerify(two.token, keys);
  expect(loads).toBe(2);
  for (let attempt = 0; attempt < 20; attempt++)
    await expect(jwtVerify(strange.token, keys)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  expect(loads).toBe(2);
});

test('of many tokens that come at once with a rotated key, none is refused, and the issuer is asked once', async () => {
  const [one, two, strange] = await Promise.all([pairOf('one'), pairOf('two'), pairOf('strange')]);
  let published = [one.jwk];
  let loads = 0;
  const answers: (() => void)[] = [];
  const load = async () => {
    loads++;
    if (loads > 1) await new Promise<void>((resolve) => answers.push(resolve));
    return { keys: published };
  };
  const keys = createIssuerKeys({ load, now: () => 0 });
  await jwtVerify(one.token, keys);
  published = [two.jwk];
  const early = Array.from({ length: 10 }, () => jwtVerify(two.token, keys));
  const madeUp = jwtVerify(strange.token, keys).catch(({ code }) => code);
  while (answers.length === 0) await new Promise(setImmediate);
  const late = Array.from({ length: 10 }, () => jwtVerify(two.token, keys));
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  for (const answer of answers) answer();
  await Promise.all([...early, ...late]);
  expect(await madeUp).toBe('ERR_JWKS_NO_MATCHING_KEY');
  expect(loads).toBe(2);
});

test('known keys outlive the issuer; without any the caller is told to wait', async () => {
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
  ['are none', () => ({ keys: { keys: [null as unknown as JWK] }, at: Date.now() })],
  [
    'can not be read',
    () => {
      throw new Error('oops');
    },
  ],
])('kept keys that %s are as if nothing had been kept', async (_, kept) => {
  const one = await pairOf('one');
  await jwtVerify(one.token, createIssuerKeys({ load: async () => ({ keys: [one.jwk] }), saved: kept }));
});

test.each([
  ['an error', 500, '{}'],
  ['no JSON', 200, '<html>'],
  ['too much', 200, ' '.repeat(2_000_000)],
])('a key set that is %s is not taken', async (_, status, body) => {
  const server = await startServer((_req, res) => res.writeHead(status).end(body));
  await expect(downloadKeys({ jwksUri: `${server.url}/jwks` })).rejects.toThrow();
  await server.close();
});
