import { type Route, routes } from '../../../openapi/generated/routes.ts';
import { defects, type Tokens } from './tokens.ts';

/** How a caller proves who it is, and which scopes that gives where these tests run. */
export const proofs = {
  person: ['read', 'build', 'admin'],
  ci: ['read', 'build'],
  'service-account': ['read', 'build'],
  certificate: ['read', 'build', 'admin'],
} as const;

export type ProofName = keyof typeof proofs;

/** Whether the tool in the path is the caller's, another's, or the caller has none. */
export const standings = ['own', 'other', 'none'] as const;
export type Standing = (typeof standings)[number];

export type Outcome = readonly [status: number, code?: string | undefined];

/** What the documented answers are to who may: the tool has no build, and the body of a start is empty. */
const allowed: Record<string, Outcome> = {
  'list-builds': [200],
  'start-build': [400, 'body_invalid'],
  'get-latest-build': [404, 'builds_none'],
  'get-build': [404, 'build_not_found'],
  'delete-build': [404, 'build_not_found'],
  'cancel-build': [404, 'build_not_found'],
  'get-logs': [404, 'build_not_found'],
  'clean-images': [200],
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
export type Case = { name: string; request: MatrixRequest; expected: Outcome };

/** The operations that take a proof. */
export const closedRoutes = routes.filter(({ open }) => !open);

export const expectedOf = (route: Route, proof: ProofName, standing: Standing): Outcome => {
  // For the cluster's monitoring: what proves a tool proves nothing there.
  if (route.operation === 'metrics') return [401, proof === 'certificate' ? 'unauthenticated' : 'token_invalid'];
  if (!route.scope) return allowed[route.operation] ?? [200];
  if (standing !== 'own') return [403, 'forbidden'];
  const given: readonly string[] = proofs[proof];
  return given.includes(route.scope) ? (allowed[route.operation] ?? [200]) : [403, 'scope_insufficient'];
};

/** @param prefix where the API is mounted */
export const requestFor = (
  route: Route,
  tool: string,
  headers: Record<string, string>,
  prefix = '',
): MatrixRequest => ({
  function: route.function,
  method: route.method,
  path: prefix + route.path.replace('{toolname}', tool).replace('{id}', 'no-such-build'),
  headers: { ...headers, ...(route.operation === 'start-build' ? { 'content-type': 'application/json' } : {}) },
  ...(route.operation === 'start-build' ? { body: '{}' } : {}),
});

export type CasesOptions = { proof: ProofName; tokens: Tokens; own: string; other: string; prefix?: string };

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Every standing and every defect of one proof by token, for one endpoint. */
export const tokenCases = async (
  route: Route,
  { proof, tokens, own, other, prefix }: CasesOptions,
): Promise<Case[]> => {
  const caller = { own, other, none: undefined };
  const standing = standings.map(async (one): Promise<Case> => {
    const token = await tokens.good(caller[one]);
    return {
      name: `${proof}, ${one} tool`,
      request: requestFor(route, own, bearer(token), prefix),
      expected: expectedOf(route, proof, one),
    };
  });
  const broken = defects.map(async (defect): Promise<Case[]> => {
    const token = await tokens.broken(defect, own);
    if (token === undefined) return [];
    const request = requestFor(route, own, bearer(token), prefix);
    return [{ name: `${proof}, ${defect}`, request, expected: [401, 'token_invalid'] }];
  });
  return [...(await Promise.all(standing)), ...(await Promise.all(broken)).flat()];
};

/** Headers with which a pod might pretend to be the gateway, or nobody at all. @param unproven what that is answered */
export const forgedCases = (route: Route, own: string, unproven: Outcome, prefix?: string): Case[] => {
  const forged: [string, Record<string, string>, Outcome][] = [
    ['no proof', {}, unproven],
    ['a tool without the secret', { 'x-toolforge-tool': own }, unproven],
    ['a wrong secret', { 'x-toolforge-tool': own, 'x-toolforge-gateway-secret': 'guess' }, unproven],
    ['an empty secret', { 'x-toolforge-tool': own, 'x-toolforge-gateway-secret': '' }, unproven],
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

/** A line for each case, so that a difference says which. */
export const lineOf = (name: string, [status, code]: Outcome): string => `${name}: ${status} ${code ?? ''}`.trim();
