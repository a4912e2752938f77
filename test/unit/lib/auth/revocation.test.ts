import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRevocationCache, createRevocationCheck } from '../../../../lib/auth/revocation.ts';
import { startServer } from '../../../support/server.ts';

const cacheWithIssuer = (seconds = 10) => {
  const state = { active: true, away: false, requests: 0, clock: 0 };
  const isActive = async () => {
    state.requests++;
    if (state.away) throw new Error('away');
    return state.active;
  };
  return { state, isRevoked: createRevocationCache({ isActive, seconds, now: () => state.clock }) };
};

describe('createRevocationCache', () => {
  test('asks the issuer about a token once in the given seconds, also for simultaneous requests', async () => {
    const { state, isRevoked } = cacheWithIssuer();
    expect(await Promise.all([isRevoked('a'), isRevoked('a'), isRevoked('b')])).toEqual([false, false, false]);
    expect(state.requests).toBe(2);
    state.active = false;
    expect(await isRevoked('a')).toBe(false);
    state.clock += 10_000;
    expect(await isRevoked('a')).toBe(true);
  });

  test('never asks again about a revoked token', async () => {
    const { state, isRevoked } = cacheWithIssuer();
    state.active = false;
    expect(await isRevoked('a')).toBe(true);
    Object.assign(state, { active: true, clock: 1_000_000 });
    expect(await isRevoked('a')).toBe(true);
    expect(state.requests).toBe(1);
  });

  test('asks once about a token whose signature is spelled in different ways', async () => {
    const { state, isRevoked } = cacheWithIssuer();
    state.active = false;
    expect(await isRevoked('header.payload.AA')).toBe(true);
    state.active = true;
    expect(await isRevoked('header.payload.AB')).toBe(true);
    expect(state.requests).toBe(1);
    expect(await isRevoked('header.other.AA')).toBe(false);
  });

  test('pauses for 10 s when the issuer is away, and accepts tokens meanwhile', async () => {
    const { state, isRevoked } = cacheWithIssuer(0);
    state.away = true;
    expect([await isRevoked('a'), await isRevoked('a'), await isRevoked('b')]).toEqual([false, false, false]);
    expect(state.requests).toBe(1);
    Object.assign(state, { away: false, active: false, clock: 10_000 });
    expect(await isRevoked('a')).toBe(true);
  });
});

describe('createRevocationCheck', () => {
  let folder: string;
  let secretFile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'introspection-'));
    secretFile = join(folder, 'secret');
    await writeFile(secretFile, 's3:cret\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const checkWithResponse = async (status: number, json: string) => {
    const seen: { request?: IncomingMessage; body?: string } = {};
    const server = await startServer(async (request, response) => {
      Object.assign(seen, { request, body: await text(request) });
      response.writeHead(status).end(json);
    });
    const isRevoked = createRevocationCheck({ uri: `${server.url}/introspect`, clientId: 'api', secretFile });
    const revoked = await isRevoked('a.b.c');
    await server.close();
    return { revoked, ...seen };
  };

  test('sends the token as a client with its secret', async () => {
    const { revoked, request, body } = await checkWithResponse(200, '{"active": false}');
    expect(revoked).toBe(true);
    expect(request).toMatchObject({ method: 'POST', url: '/introspect' });
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('api:s3%3Acret').toString('base64')}`);
    expect(body).toBe('token=a.b.c&token_type_hint=access_token');
  });

  test.each([
    [500, 'oops'],
    [401, '{}'],
    [200, 'no JSON'],
    [200, '{"active": "no"}'],
  ])('accepts a token when the issuer responds with %i %s', async (status, json) => {
    expect((await checkWithResponse(status, json)).revoked).toBe(false);
  });

  test('accepts a token when the issuer does not respond within a second', async () => {
    const server = await startServer(() => undefined);
    const isRevoked = createRevocationCheck({ uri: server.url, clientId: 'api', secretFile });
    expect(await isRevoked('a.b.c')).toBe(false);
    await server.close();
  });

  test('names the setting when the secret can not be read', () => {
    const introspection = { uri: 'https://id.example.org', clientId: 'api', secretFile: join(folder, 'none') };
    expect(() => createRevocationCheck(introspection)).toThrow('AUTH_ISSUERS must be such that');
  });

  test('accepts every token when the issuer has no introspection endpoint', async () => {
    expect(await createRevocationCheck(undefined)('a')).toBe(false);
  });
});
