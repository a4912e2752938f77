import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRevocationCache, createRevocationCheck } from '../../../../lib/auth/revocation.ts';
import { startServer } from '../../../support/server.ts';

const remembering = (seconds = 10) => {
  const state = { active: true, away: false, asked: 0, clock: 0 };
  const isActive = async () => {
    state.asked++;
    if (state.away) throw new Error('away');
    return state.active;
  };
  return { state, isRevoked: createRevocationCache({ isActive, seconds, now: () => state.clock }) };
};

describe('the issuer is asked', () => {
  test('once for a while, for one token at a time', async () => {
    const { state, isRevoked } = remembering();
    expect(await Promise.all([isRevoked('a'), isRevoked('a'), isRevoked('b')])).toEqual([false, false, false]);
    expect(state.asked).toBe(2);
    state.active = false;
    expect(await isRevoked('a')).toBe(false);
    state.clock += 10_000;
    expect(await isRevoked('a')).toBe(true);
  });

  test('never again of what it revoked', async () => {
    const { state, isRevoked } = remembering();
    state.active = false;
    expect(await isRevoked('a')).toBe(true);
    Object.assign(state, { active: true, clock: 1_000_000 });
    expect(await isRevoked('a')).toBe(true);
    expect(state.asked).toBe(1);
  });

  test('once of a token, however its signature is spelled', async () => {
    const { state, isRevoked } = remembering();
    state.active = false;
    expect(await isRevoked('header.payload.AA')).toBe(true);
    state.active = true;
    expect(await isRevoked('header.payload.AB')).toBe(true);
    expect(state.asked).toBe(1);
    expect(await isRevoked('header.other.AA')).toBe(false);
  });

  test('after a rest when it was away, and tokens count meanwhile', async () => {
    const { state, isRevoked } = remembering(0);
    state.away = true;
    expect([await isRevoked('a'), await isRevoked('a'), await isRevoked('b')]).toEqual([false, false, false]);
    expect(state.asked).toBe(1);
    Object.assign(state, { away: false, active: false, clock: 10_000 });
    expect(await isRevoked('a')).toBe(true);
  });
});

describe('by RFC 7662', () => {
  let folder: string;
  let secretFile: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'introspection-'));
    secretFile = join(folder, 'secret');
    await writeFile(secretFile, 's3:cret\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const asked = async (status: number, answer: string) => {
    const seen: { request?: IncomingMessage; body?: string } = {};
    const server = await startServer(async (request, response) => {
      Object.assign(seen, { request, body: await text(request) });
      response.writeHead(status).end(answer);
    });
    const isRevoked = createRevocationCheck({ uri: `${server.url}/introspect`, clientId: 'api', secretFile });
    const revoked = await isRevoked('a.b.c');
    await server.close();
    return { revoked, ...seen };
  };

  test('as a client with its secret', async () => {
    const { revoked, request, body } = await asked(200, '{"active": false}');
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
  ])('an answer of %i %s says nothing', async (status, answer) => {
    expect((await asked(status, answer)).revoked).toBe(false);
  });

  test('an answer that does not come says nothing either', async () => {
    const server = await startServer(() => undefined);
    const isRevoked = createRevocationCheck({ uri: server.url, clientId: 'api', secretFile });
    expect(await isRevoked('a.b.c')).toBe(false);
    await server.close();
  });

  test('a secret that can not be read names the setting', () => {
    const introspection = { uri: 'https://id.example.org', clientId: 'api', secretFile: join(folder, 'none') };
    expect(() => createRevocationCheck(introspection)).toThrow('AUTH_ISSUERS must be such that');
  });

  test('without an endpoint nothing is revoked', async () => {
    expect(await createRevocationCheck(undefined)('a')).toBe(false);
  });
});
