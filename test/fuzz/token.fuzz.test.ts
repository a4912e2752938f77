import { afterAll, beforeAll, expect } from '@jest/globals';
import fc from 'fast-check';
import { CompactSign, importJWK, type JWK } from 'jose';
import { createWhoami } from '../../functions/whoami/handler.ts';
import type { Access } from '../../lib/auth/access.ts';
import { createAuthenticate } from '../../lib/auth/authenticate.ts';
import { bearerToken } from '../../lib/auth/bearer-token.ts';
import { createTokenCheck } from '../../lib/auth/token.ts';
import { ApiError } from '../../lib/errors.ts';
import type { ApiRequest } from '../../lib/http/types.ts';
import { newPrivateKey, published } from '../support/auth/keys.ts';
import { withOtherSignature } from '../support/auth/spellings.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { fuzz } from './fuzz.ts';

const issuer = { issuer: 'https://id.example.org', audience: 'builds-api', claim: 'groups', prefix: 'tools.' };
const expires = 4_000_000_000;
const claims = { iss: issuer.issuer, aud: issuer.audience, sub: 'ada', exp: expires, groups: ['tools.mine'] };

let key: JWK;
let server: TestServer;
let authenticate: (authorization: string) => Promise<Access>;
let genuine: string;

const sign = async (header: Record<string, unknown>, payload: unknown): Promise<string> =>
  new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ kid: 'one', ...header, alg: 'ES256' })
    .sign(await importJWK(key, 'ES256'));

beforeAll(async () => {
  key = await newPrivateKey();
  server = await startServer((_, res) => res.end(JSON.stringify(published(key, 'one'))));
  const check = createAuthenticate([createTokenCheck([{ ...issuer, jwksUri: server.url, scopeClaim: 'scope' }])]);
  authenticate = (authorization) => check({ authorization });
  genuine = await sign({}, { ...claims, scope: 'read' });
});
afterAll(() => server.close());

/** Returns what a promise resolves to, or undefined when the promise rejects with 401. Other errors are thrown. */
const acceptedOr401 = async <T>(promise: Promise<T>): Promise<T | undefined> =>
  promise.catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 401) return undefined;
    throw error;
  });

const headerText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.stringMatching(/^[Bb]earer[ \t]{0,2}[\w.=+/ -]*$/),
  fc.stringMatching(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/),
);

fuzz('bearerToken returns a token in its only spelling, or refuses the header with 401', headerText, async (header) => {
  const token = await acceptedOr401((async () => bearerToken(header))());
  if (token === undefined) return;
  expect(header.toLowerCase()).toBe(`bearer ${token}`.toLowerCase());
  const parts = token.split('.');
  expect(parts).toHaveLength(3);
  expect(parts.map((part) => Buffer.from(part, 'base64url').toString('base64url'))).toEqual(parts);
});

type Edit = { at: number; remove: number; insert: string };

const edits = fc.array(
  fc.record<Edit>({
    at: fc.oneof(fc.nat({ max: 600 }), fc.integer({ min: -90, max: -1 })),
    remove: fc.nat({ max: 2 }),
    insert: fc.oneof(fc.stringMatching(/^[\w=.+/ -]{0,3}$/), fc.string({ maxLength: 2 })),
  }),
  { minLength: 1, maxLength: 3 },
);

const edited = (text: string, { at, remove, insert }: Edit): string => {
  const from = at < 0 ? Math.max(0, text.length + at) : Math.min(at, text.length);
  return text.slice(0, from) + insert + text.slice(from + remove);
};

fuzz('no changed spelling of a genuine token is accepted', edits, async (changes) => {
  const token = changes.reduce(edited, genuine);
  if ([genuine, withOtherSignature(genuine)].includes(token)) return;
  expect(await acceptedOr401(authenticate(`Bearer ${token}`))).toBeUndefined();
});

const anyClaims = fc.record(
  {
    iss: fc.oneof({ weight: 9, arbitrary: fc.constant(claims.iss) }, fc.jsonValue()),
    aud: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(claims.aud, [claims.aud]) }, fc.jsonValue()),
    sub: fc.oneof(fc.string(), fc.constant('x'.repeat(5000)), fc.jsonValue()),
    exp: fc.oneof(fc.constantFrom(expires, 1e300, 9e12, -1), fc.jsonValue()),
    groups: fc.oneof(fc.constant(['tools.mine', 'tools.', '__proto__']), fc.jsonValue()),
    scope: fc.oneof(fc.constantFrom('read build', ['read', 7]), fc.jsonValue()),
    nonce: fc.jsonValue(),
    events: fc.jsonValue(),
    typ: fc.oneof(fc.constantFrom('ID', 'Bearer'), fc.jsonValue()),
    ['__proto__']: fc.jsonValue(),
  },
  { requiredKeys: ['iss', 'aud', 'sub', 'exp', 'groups'] },
);
const anyHeader = fc.record(
  { typ: fc.oneof(fc.constantFrom('JWT', 'at+jwt', 'logout+jwt'), fc.jsonValue()), cty: fc.jsonValue() },
  { requiredKeys: [] },
);

fuzz(
  'a genuine token with any claims gives access to a subject and tools that can be shown, or gets 401',
  fc.tuple(anyHeader, anyClaims),
  async ([header, payload]) => {
    const access = await acceptedOr401(authenticate(`Bearer ${await sign(header, payload)}`));
    if (!access) return;
    expect(access.subject).toBe(`${issuer.issuer}#${String(payload.sub)}`);
    expect(typeof payload.sub).toBe('string');
    expect(Object.keys(payload)).not.toContain('events');
    for (const tool of access.tools) expect(tool).toMatch(/^[a-z][-_a-z0-9]*$/);
    await expect(createWhoami()({ access } as ApiRequest)).resolves.toMatchObject({
      json: { subject: access.subject },
    });
  },
);
