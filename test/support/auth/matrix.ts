import type { Purpose } from '../../../lib/auth/session/sealed.ts';
import { type Route, routes } from '../../../openapi/generated/routes.ts';
import { defects, type Tokens } from './tokens.ts';

/** Kinds of credentials, and the scopes that a caller with each kind of credential has in the tests of access. */
const credentials = {
  person: ['read', 'build', 'admin'],
  ci: ['read', 'build'],
  'service-account': ['read', 'build'],
  certificate: ['read', 'build', 'admin'],
} as const;

export type CredentialName = keyof typeof credentials;

/** Tools of a caller in the tests of access: the tool in the request's path, another tool, or no tool. */
const callerTools = ['own', 'other', 'none'] as const;
export type CallerTool = (typeof callerTools)[number];

export type StatusAndCode = readonly [status: number, code?: string | undefined];

/**
 * Expected status and error code of each operation for a caller who has the operation's scope. The tool has no builds,
 * and the body of a request to start a build is an empty object.
 */
const allowed: Record<string, StatusAndCode> = {
  list: [200],
  start: [400, 'body_invalid'],
  latest: [404, 'builds_none'],
  get: [404, 'build_not_found'],
  delete: [404, 'build_not_found'],
  cancel: [404, 'build_not_found'],
  logs: [404, 'build_not_found'],
  clean: [200],
  quota: [200],
  whoami: [200],
};

export type MatrixRequest = {
  function: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
};
export type Case = { name: string; request: MatrixRequest; expected: StatusAndCode };

/** Operations of the API that need a credential. */
export const closedRoutes = routes.filter(({ open }) => !open);

/** Returns the documented status and error code of an operation's response to a caller with a valid credential. */
export const expectedOf = (route: Route, credential: CredentialName, callerTool: CallerTool): StatusAndCode => {
  if (!route.scope) return allowed[route.operation] ?? [200];
  if (callerTool !== 'own') return [403, 'forbidden'];
  const scopes: readonly string[] = credentials[credential];
  return scopes.includes(route.scope) ? (allowed[route.operation] ?? [200]) : [403, 'scope_insufficient'];
};

/**
 * Returns a request to an operation of the API, for a build that does not exist.
 * @param prefix path below which the API is served
 */
export const requestFor = (
  route: Route,
  tool: string,
  headers: Record<string, string>,
  prefix = '',
): MatrixRequest => ({
  function: route.function,
  method: route.method,
  path: prefix + route.path.replace('{toolname}', tool).replace('{id}', 'no-such-build'),
  headers: { ...headers, ...(route.operation === 'start' ? { 'content-type': 'application/json' } : {}) },
  ...(route.operation === 'start' ? { body: '{}' } : {}),
});

type HeadersOf = (token: string) => Record<string, string> | Promise<Record<string, string>>;

export type CasesOptions = {
  credential: CredentialName;
  tokens: Tokens;
  own: string;
  other: string;
  prefix?: string;
  /** Returns the headers that send a token. Default: as a bearer token. */
  headersOf?: HeadersOf;
  /** Code of the error for an expired token. Default: `token_invalid`. */
  expiredCode?: string;
};

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/**
 * Returns test cases for one operation of the API: requests with a valid token for the operation's tool, for another
 * tool and for no tool, and a request with each kind of defective token.
 */
export const tokenCases = async (
  route: Route,
  { credential, tokens, own, other, prefix, headersOf = bearer, expiredCode = 'token_invalid' }: CasesOptions,
): Promise<Case[]> => {
  const tools = { own, other, none: undefined };
  const valid = callerTools.map(async (callerTool): Promise<Case> => {
    const token = await tokens.valid(tools[callerTool]);
    return {
      name: `${credential}, ${callerTool} tool`,
      request: requestFor(route, own, await headersOf(token), prefix),
      expected: expectedOf(route, credential, callerTool),
    };
  });
  const defective = defects.map(async (defect): Promise<Case[]> => {
    const token = await tokens.defective(defect, own);
    if (token === undefined) return [];
    const request = requestFor(route, own, await headersOf(token), prefix);
    const code = defect === 'expired' ? expiredCode : 'token_invalid';
    return [{ name: `${credential}, ${defect}`, request, expected: [401, code] }];
  });
  return [...(await Promise.all(valid)), ...(await Promise.all(defective)).flat()];
};

/**
 * Returns test cases for requests without a credential, and for requests with headers that only the gateway may send.
 * @param withoutCredential the expected response to a request without a credential
 */
export const forgedCases = (route: Route, own: string, withoutCredential: StatusAndCode, prefix?: string): Case[] => {
  // Directly at a function, a wrong secret is refused like a bad token. The gateway removes the header.
  const isRefused = withoutCredential[0] === 401;
  const wrongSecret: StatusAndCode = isRefused ? [401, 'token_invalid'] : withoutCredential;
  const forged: [string, Record<string, string>, StatusAndCode][] = [
    ['no credential', {}, withoutCredential],
    ['a tool without the secret', { 'x-toolforge-tool': own }, withoutCredential],
    ['a wrong secret', { 'x-toolforge-tool': own, 'x-toolforge-gateway-secret': 'guess' }, wrongSecret],
    ['an empty secret', { 'x-toolforge-tool': own, 'x-toolforge-gateway-secret': '' }, withoutCredential],
    [
      'a wrong secret and a bad token',
      { 'x-toolforge-tool': own, 'x-toolforge-gateway-secret': 'guess', ...bearer('a.b.c') },
      [401, 'token_invalid'],
    ],
    ['a password', { authorization: 'Basic YTpi' }, [401, 'token_invalid']],
  ];
  return forged.map(([name, headers, expected]) => ({
    name,
    request: requestFor(route, own, headers, prefix),
    expected,
  }));
};

/** Makes the text of a session's cookie, with a key of a test's choice. */
export type SealSession = (
  content: { token: string; expires: number },
  key?: string,
  purpose?: Purpose,
) => Promise<string>;

/** Returns the headers with which the page sends a session. The platform of the tests has no TLS. */
export const sessionHeaders = (cookie: string): Record<string, string> => ({
  cookie: `theme=dark; builds-session=${cookie}`,
  'x-builds-page': '1',
  'sec-fetch-site': 'same-origin',
});

/** Returns test cases for one operation with sessions that are none, and with a session that another site uses. */
export const sessionCases = async (
  route: Route,
  { seal, token, own }: { seal: SealSession; token: string; own: string },
): Promise<Case[]> => {
  const expires = Math.floor(Date.now() / 1000) + 600;
  const sealed = await seal({ token, expires });
  const refused: StatusAndCode = [401, 'token_invalid'];
  const [header = '', , nonce = '', content = '', tag = ''] = sealed.split('.');
  const cookies: [string, string][] = [
    ['sealed by another key', await seal({ token, expires }, 'another key')],
    ['sealed for another purpose', await seal({ token, expires }, undefined, 'sign-in')],
    ['a refresh token', await seal({ token, expires }, undefined, 'refresh')],
    ['of an ended session', await seal({ token, expires: expires - 700 })],
    ['with a changed content', [header, '', nonce, `A${content.slice(1)}A`, tag].join('.')],
    ['with a changed nonce', [header, '', 'A'.repeat(16), content, tag].join('.')],
    ['with a shorter tag', [header, '', nonce, content, tag.slice(0, 8)].join('.')],
    ['with a token in the clear', token],
  ];
  const bad = cookies.map(([name, cookie]): [string, Record<string, string>, StatusAndCode] => [
    `a session ${name}`,
    sessionHeaders(cookie),
    refused,
  ]);
  const good = sessionHeaders(sealed);
  const { 'x-builds-page': _, ...withoutHeader } = good;
  const crossSite: StatusAndCode = [403, 'cross_site'];
  const isChange = route.method !== 'GET';
  const cases: [string, Record<string, string>, StatusAndCode][] = [
    ...bad,
    [
      'two sessions',
      { ...good, cookie: `builds-session=${sealed}; builds-session=${sealed}` },
      [401, 'unauthenticated'],
    ],
    ['an empty session', { ...good, cookie: 'builds-session=' }, [401, 'unauthenticated']],
    [
      'a session under the name of https',
      { ...good, cookie: `__Host-builds-session=${sealed}` },
      [401, 'unauthenticated'],
    ],
    ['a session that another site sends', { ...good, 'sec-fetch-site': 'cross-site' }, crossSite],
    ['a session that another host of the site sends', { ...good, 'sec-fetch-site': 'same-site' }, crossSite],
    ...(isChange ? [['a session without the header of the page', withoutHeader, crossSite] as const] : []),
    ['a bad token beside a session', { ...good, ...bearer('a.b.c') }, refused],
  ].map(([name, headers, expected]) => [name, headers, expected] as [string, Record<string, string>, StatusAndCode]);
  return cases.map(([name, headers, expected]) => ({ name, request: requestFor(route, own, headers), expected }));
};

/** Returns a test case and its response as one line, so that a failed comparison names the case. */
export const lineOf = (name: string, [status, code]: StatusAndCode): string =>
  `${name}: ${status} ${code ?? ''}`.trim();
