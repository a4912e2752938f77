import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { introspectionFrom } from '../../../../lib/auth/introspection.ts';
import { basicCredentials } from '../../../../lib/basic-credentials.ts';
import { startServer } from '../../../support/server.ts';

let folder: string;
let secretFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'introspection-'));
  secretFile = join(folder, 'secret');
  await writeFile(secretFile, 's3:cret\n');
});
afterAll(() => rm(folder, { recursive: true }));

type Reply = readonly [status: number, json: string] | 'none';
const inactive: Reply = [200, '{"active": false}'];

/** Introspects the token a.b.c. @param other the issuer's response for any other token */
const introspectWith = async (own: Reply, other: Reply = own) => {
  const seen: { request: IncomingMessage; body: string }[] = [];
  const server = await startServer(async (request, response) => {
    const body = await text(request);
    seen.push({ request, body });
    const reply = body.includes('token=a.b.c&') ? own : other;
    if (reply !== 'none') response.writeHead(reply[0]).end(reply[1]);
  });
  const logged: unknown[][] = [];
  const introspect = introspectionFrom(
    { uri: `${server.url}/introspect`, clientId: 'api', secretFile },
    (...line) => void logged.push(line),
  );
  const state = await introspect('a.b.c').catch(({ name }: Error) => name);
  await server.close();
  return { state, seen, logged };
};

describe('introspectionFrom', () => {
  test('sends the token as a client with its secret', async () => {
    const { state, seen } = await introspectWith(inactive);
    expect(state).toBe('revoked');
    expect(seen).toHaveLength(1);
    expect(seen[0]?.request).toMatchObject({ method: 'POST', url: '/introspect' });
    const authorization = `Basic ${Buffer.from('api:s3%3Acret').toString('base64')}`;
    expect(seen[0]?.request.headers.authorization).toBe(authorization);
    expect(seen[0]?.body).toBe('token=a.b.c&token_type_hint=access_token');
  });

  test('sends the request again with the new secret of its client when the issuer refuses the former', async () => {
    const seen: (string | undefined)[] = [];
    const accepted = (secret: string) => basicCredentials('api', secret);
    const server = await startServer((request, response) => {
      const { authorization } = request.headers;
      seen.push(authorization);
      response.writeHead(authorization === accepted('old') && seen.length > 1 ? 401 : 200).end('{"active": true}');
    });
    const file = join(folder, 'rotated');
    await writeFile(file, 'old');
    const introspect = introspectionFrom({ uri: server.url, clientId: 'api', secretFile: file });
    expect(await introspect('a.b.c')).toBe('active');
    await writeFile(file, 'new');
    expect(await introspect('a.b.c')).toBe('active');
    await server.close();
    expect(seen).toEqual(['old', 'old', 'new'].map(accepted));
  });

  test.each([400, 404, 413, 414, 422])('refuses a token for which the issuer responds with %i', async (status) => {
    expect((await introspectWith([status, '{}'], inactive)).state).toBe('refused');
    const { state, logged } = await introspectWith([status, '{}']);
    expect(state).toBe('refused');
    expect(logged).toEqual([
      ['WARNING', 'introspection fails for one token', { error: expect.objectContaining({ status }) }],
    ]);
    expect(JSON.stringify(logged)).not.toContain('a.b.c');
  });

  test.each([401, 403])('refuses a token for which alone the issuer responds with %i', async (status) => {
    expect((await introspectWith([status, '{}'], inactive)).state).toBe('refused');
  });

  const failures: [string, Reply][] = [
    ['responds with 500', [500, 'oops']],
    ['responds with 429', [429, '{}']],
    ['responds with 408', [408, '{}']],
    ['redirects', [302, '']],
    ['sends no JSON', [200, 'no JSON']],
    ['does not say whether the token is active', [200, '{"active": "no"}']],
    ['responds with null', [200, 'null']],
    ['does not respond within a second', 'none'],
  ];

  test.each(failures)('fails for one token when the issuer %s for that token only', async (_, reply) => {
    expect((await introspectWith(reply, inactive)).state).toBe('failed');
    expect((await introspectWith(reply, [400, '{}'])).state).toBe('failed');
  });

  test.each<[string, Reply]>([
    ...failures,
    ['responds with 401, because our credentials are wrong,', [401, '{}']],
    ['responds with 403', [403, '{}']],
  ])('notices an outage when the issuer %s for any token', async (_, reply) => {
    expect((await introspectWith(reply)).state).toBe('IntrospectionOutage');
  });

  test('notices an outage when nothing listens at the address', async () => {
    const server = await startServer(() => undefined);
    await server.close();
    const introspect = introspectionFrom({ uri: server.url, clientId: 'api', secretFile });
    await expect(introspect('a.b.c')).rejects.toMatchObject({ name: 'IntrospectionOutage' });
  });

  test('keeps the secret while its file is missing', async () => {
    const file = join(folder, 'lost');
    await writeFile(file, 'kept');
    const server = await startServer((request, response) =>
      response
        .writeHead(request.headers.authorization === basicCredentials('api', 'kept') ? 200 : 401)
        .end('{"active": true}'),
    );
    const introspect = introspectionFrom({ uri: server.url, clientId: 'api', secretFile: file });
    await rm(file);
    expect(await introspect('a.b.c')).toBe('active');
    await server.close();
  });

  test('names the setting when the secret can not be read', () => {
    const introspection = { uri: 'https://id.example.org', clientId: 'api', secretFile: join(folder, 'none') };
    expect(() => introspectionFrom(introspection)).toThrow(
      /^AUTH_ISSUERS must be such that .*the secretFile of an introspection, has the secret of its client \(ENOENT\)$/,
    );
  });
});
