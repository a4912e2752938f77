import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { ResponseStatusError } from '../../../../lib/auth/fetch-json.ts';
import { IntrospectionOutage, type TokenState } from '../../../../lib/auth/introspection.ts';
import { createRevocationCache, createRevocationCheck } from '../../../../lib/auth/revocation.ts';
import { createTokenCheck } from '../../../../lib/auth/token.ts';
import { newPrivateKey, published } from '../../../support/auth/keys.ts';
import { otherSpellings, withOtherSignature } from '../../../support/auth/spellings.ts';
import { signedTokens } from '../../../support/auth/tokens.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const expires = 1_000_000;

const cacheWithIssuer = ({ seconds = 10, maxTokens }: { seconds?: number; maxTokens?: number } = {}) => {
  const issuer = {
    states: {} as Record<string, TokenState>,
    away: false,
    cause: new Error('away') as Error,
    requests: [] as string[],
    logged: [] as unknown[],
    clock: 0,
  };
  const isRevoked = createRevocationCache({
    introspect: async (token) => {
      issuer.requests.push(token);
      if (issuer.away) throw new IntrospectionOutage(issuer.cause);
      return issuer.states[token] ?? 'active';
    },
    seconds,
    now: () => issuer.clock,
    log: (...line) => void issuer.logged.push(line),
    ...(maxTokens === undefined ? {} : { maxTokens }),
  });
  return { issuer, isRevoked: (token: string) => isRevoked(token, expires) };
};

describe('createRevocationCache', () => {
  test('asks the issuer about a token once in the given seconds, also for simultaneous requests', async () => {
    const { issuer, isRevoked } = cacheWithIssuer();
    expect(await Promise.all([isRevoked('a'), isRevoked('a'), isRevoked('b')])).toEqual([false, false, false]);
    expect(issuer.requests).toEqual(['a', 'b']);
    issuer.states.a = 'revoked';
    expect(await isRevoked('a')).toBe(false);
    issuer.clock += 10_000;
    expect(await isRevoked('a')).toBe(true);
  });

  test('never asks again about a revoked token', async () => {
    const { issuer, isRevoked } = cacheWithIssuer();
    issuer.states.a = 'revoked';
    expect(await isRevoked('a')).toBe(true);
    Object.assign(issuer, { states: {}, clock: 900_000_000 });
    expect(await isRevoked('a')).toBe(true);
    expect(issuer.requests).toEqual(['a']);
  });

  test('asks once about a token with several signatures', async () => {
    const { issuer, isRevoked } = cacheWithIssuer();
    issuer.states['header.payload.AA'] = 'revoked';
    expect(await isRevoked('header.payload.AA')).toBe(true);
    expect(await isRevoked('header.payload.BB')).toBe(true);
    expect(issuer.requests).toEqual(['header.payload.AA']);
    expect(await isRevoked('header.other.AA')).toBe(false);
    expect(await isRevoked('other.payload.AA')).toBe(false);
  });

  test('pauses for 10 s during an outage, and accepts tokens meanwhile', async () => {
    const { issuer, isRevoked } = cacheWithIssuer({ seconds: 0 });
    issuer.away = true;
    expect([await isRevoked('a'), await isRevoked('a'), await isRevoked('b')]).toEqual([false, false, false]);
    expect(issuer.requests).toEqual(['a']);
    expect(issuer.logged).toEqual([
      ['WARNING', expect.stringContaining('revoked tokens may be accepted'), expect.anything()],
    ]);
    Object.assign(issuer, { away: false, states: { a: 'revoked' }, clock: 10_000 });
    expect(await isRevoked('a')).toBe(true);
  });

  test('logs an error when the issuer refuses our own credentials, and accepts tokens meanwhile', async () => {
    const { issuer, isRevoked } = cacheWithIssuer();
    Object.assign(issuer, { away: true, cause: new ResponseStatusError('https://id.example.org/introspect', 401) });
    expect(await isRevoked('a')).toBe(false);
    expect(issuer.logged).toEqual([['ERROR', expect.anything(), expect.anything()]]);
  });

  test('does not remember what it assumed during an outage', async () => {
    const { issuer, isRevoked } = cacheWithIssuer({ seconds: 300 });
    issuer.away = true;
    expect(await isRevoked('a')).toBe(false);
    Object.assign(issuer, { away: false, states: { a: 'revoked' }, clock: 10_000 });
    expect(await isRevoked('a')).toBe(true);
  });

  test('refuses a known revoked token during an outage, also after many other tokens', async () => {
    const { issuer, isRevoked } = cacheWithIssuer({ maxTokens: 3 });
    issuer.states = { a: 'revoked', b: 'revoked' };
    expect([await isRevoked('a'), await isRevoked('b')]).toEqual([true, true]);
    for (let at = 0; at < 20; at++) await isRevoked(`other ${at}`);
    issuer.away = true;
    expect([await isRevoked('new'), await isRevoked('a'), await isRevoked('b')]).toEqual([false, true, true]);
  });

  test('refuses a token that the issuer refuses, and goes on asking about other tokens', async () => {
    const { issuer, isRevoked } = cacheWithIssuer({ seconds: 0 });
    issuer.states = { odd: 'refused', stolen: 'revoked' };
    expect([await isRevoked('odd'), await isRevoked('odd')]).toEqual([true, true]);
    expect(await isRevoked('stolen')).toBe(true);
    expect(issuer.requests).toEqual(['odd', 'stolen']);
    Object.assign(issuer, { states: {}, clock: 5000 });
    expect(await isRevoked('odd')).toBe(false);
  });

  test('responds with 503 for a token about which alone the issuer can not be asked', async () => {
    const { issuer, isRevoked } = cacheWithIssuer();
    issuer.states = { odd: 'failed', stolen: 'revoked' };
    const unavailable = { status: 503, code: 'unavailable', retryAfter: 5 };
    await expect(isRevoked('odd')).rejects.toMatchObject(unavailable);
    await expect(isRevoked('odd')).rejects.toMatchObject(unavailable);
    expect(await isRevoked('stolen')).toBe(true);
    expect(issuer.requests).toEqual(['odd', 'stolen']);
  });
});

test('createRevocationCheck accepts every token when the issuer has no introspection endpoint', async () => {
  expect(await createRevocationCheck(undefined)('a', expires)).toBe(false);
});

describe('the holder of a revoked token', () => {
  const [issuer, audience] = ['https://id.example.org', 'builds-api'];
  let folder: string;
  let server: TestServer;
  let authenticate: (token: string) => Promise<unknown>;
  let valid: () => Promise<string>;
  let requested: string[] = [];
  const revoked = new Set<string>();
  const active = new Set<string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'revocation-'));
    const secretFile = join(folder, 'secret');
    await writeFile(secretFile, 'secret');
    const key = await newPrivateKey();
    // This issuer knows the tokens that it issued by their text, and responds with 400 to any other text.
    server = await startServer(async (request, response) => {
      if (request.url === '/jwks') return void response.end(JSON.stringify(published(key, 'one')));
      const token = new URLSearchParams(await text(request)).get('token') ?? '';
      requested.push(token);
      if (!revoked.has(token) && !active.has(token)) return void response.writeHead(400).end('{}');
      response.end(JSON.stringify({ active: active.has(token) }));
    });
    const introspection = { uri: `${server.url}/introspect`, clientId: 'api', secretFile, seconds: 0 };
    const setting = {
      issuer,
      audience,
      jwksUri: `${server.url}/jwks`,
      claim: 'groups',
      prefix: 'tools.',
      introspection,
    };
    const check = createAuthenticate([createTokenCheck([setting])]);
    authenticate = (token) => check({ authorization: `Bearer ${token}` });
    let issued = 0;
    const claims = () => ({ groups: ['tools.mine'], jti: String(++issued) });
    const tokens = signedTokens({ issuer, audience, otherIssuer: issuer, key, kid: 'one', claims });
    valid = () => tokens.valid('mine');
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  const refused = { status: 401, code: 'token_invalid' };

  test('can not switch revocation off for any token by spelling the token in another way', async () => {
    const [stolen, other, good] = await Promise.all([valid(), valid(), valid()]);
    revoked.add(stolen).add(other);
    active.add(good);
    for (const spelling of [...Object.values(otherSpellings(stolen)), withOtherSignature(stolen)]) {
      await expect(authenticate(spelling)).rejects.toMatchObject(refused);
      await expect(authenticate(other)).rejects.toMatchObject(refused);
    }
    await expect(authenticate(stolen)).rejects.toMatchObject(refused);
    await expect(authenticate(good)).resolves.toMatchObject({ tools: ['mine'] });
  });

  test('is refused with the other valid signature of a token that is known to be revoked, without a request', async () => {
    const stolen = await valid();
    revoked.add(stolen);
    await expect(authenticate(stolen)).rejects.toMatchObject(refused);
    requested = [];
    await expect(authenticate(withOtherSignature(stolen))).rejects.toThrow('was revoked');
    expect(requested).toEqual([]);
  });
});
