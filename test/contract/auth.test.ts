import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import type { TrustedIssuer } from '../../lib/auth/trusted-issuers.ts';
import { newPrivateKey, published } from '../support/auth/keys.ts';
import {
  type Case,
  closedRoutes,
  expectedOf,
  forgedCases,
  lineOf,
  type MatrixRequest,
  type Outcome,
  type ProofName,
  requestFor,
  tokenCases,
} from '../support/auth/matrix.ts';
import { signedTokens, type Tokens } from '../support/auth/tokens.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectCleanLog, expectShape } from './client.ts';
import { patience, startTarget, type Target } from './target.ts';

/** The same table is run on a cluster by test/e2e/auth/auth.test.ts. */
const audience = 'builds-api';
const [own, other] = ['matrix', 'another'];
const keysToken = 'of-a-pod';
type TokenProof = Exclude<ProofName, 'certificate'>;

const claims: Record<TokenProof, (tool: string | undefined) => Record<string, unknown>> = {
  person: (tool) => ({ groups: tool ? [`tools.${tool}`] : ['users'] }),
  ci: (tool) => ({ project_path: `${tool ? 'toolforge-repos' : 'elsewhere'}/${tool ?? own}`, ref_protected: 'true' }),
  'service-account': (tool) => ({ sub: `system:serviceaccount:${tool ? `tool-${tool}` : 'default'}:ci` }),
};

let folder: string;
let keys: TestServer;
let target: Target;
let tokens: Record<TokenProof, Tokens>;
let certificates: Record<string, { key: string; cert: string }>;
let authority: string;

const issuersAt = (url: string, tokenFile: string): TrustedIssuer[] => {
  const issuer = (kind: TokenProof) => ({
    issuer: `https://${kind}.example.org`,
    audience,
    jwksUri: `${url}/${kind}`,
    kind,
  });
  const scopes = ['read', 'build'] as const;
  return [
    { ...issuer('person'), claim: 'groups', prefix: 'tools.' },
    {
      ...issuer('ci'),
      rules: [{ match: { project_path: 'toolforge-repos/{tool}', ref_protected: 'true' }, scopes }],
    },
    {
      ...issuer('service-account'),
      tokenFile,
      rules: [{ match: { sub: 'system:serviceaccount:tool-{tool}:*' }, scopes }],
    },
  ];
};

const decode = (value = ''): string => Buffer.from(value, 'base64').toString();

const certificateOf = async (tool: string): Promise<{ key: string; cert: string }> => {
  const config = load(await readFile(await target.toolKubeconfig(tool), 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  authority = decode(config.clusters[0]?.cluster['certificate-authority-data']);
  const user = config.users[0]?.user;
  return { key: decode(user?.['client-key-data']), cert: decode(user?.['client-certificate-data']) };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'matrix-'));
  await writeFile(join(folder, 'token'), `${keysToken}\n`);
  const names = ['person', 'ci', 'service-account'] as const;
  const made = await Promise.all(names.map(async (name) => [name, await newPrivateKey()] as const));
  keys = await startServer(({ url, headers }, response) => {
    const found = made.find(([name]) => url === `/${name}`);
    // As the API server, which tells its keys to accounts only, and as application/jwk-set+json only.
    const isKubernetes = url === '/service-account';
    const denied = isKubernetes && headers.authorization !== `Bearer ${keysToken}`;
    const unacceptable = isKubernetes && !/jwk-set|\*\/\*/.test(headers.accept ?? '*/*');
    response
      .writeHead(denied ? 403 : unacceptable ? 406 : 200)
      .end(JSON.stringify(found && published(found[1], found[0])));
  });
  tokens = Object.fromEntries(
    made.map(([name, key], at) => {
      const otherIssuer = `https://${names[(at + 1) % names.length]}.example.org`;
      const issuer = `https://${name}.example.org`;
      return [name, signedTokens({ issuer, audience, otherIssuer, key, kid: name, claims: claims[name] })];
    }),
  ) as typeof tokens;
  const settings = {
    AUTH_ISSUERS: JSON.stringify(issuersAt(keys.url, join(folder, 'token'))),
    AUTH_FAILURE_DELAY_MS: '0',
  };
  target = await startTarget(settings);
  certificates = { own: await certificateOf(own), other: await certificateOf(other) };
}, patience);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
  await keys.close();
  await rm(folder, { recursive: true });
});

const codeOf = (body: string): string | undefined => (JSON.parse(body) as { code?: string }).code;

type Way = (asked: MatrixRequest) => Promise<Outcome>;

const direct: Way = async ({ method, path, headers, body }) => {
  const response = await fetch(`${target.url}${path}`, { method, headers, ...(body ? { body } : {}) });
  return [response.status, codeOf(await response.text())];
};

const throughGateway =
  (certificate: { key: string; cert: string } | undefined): Way =>
  ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const options = { method, headers, ca: authority, agent: false as const, ...certificate };
      const sent = request(new URL(`/builds${path}`, target.gatewayUrl), options, async (response) =>
        resolve([response.statusCode ?? 0, codeOf(await text(response))]),
      );
      sent.on('error', reject).end(body);
    });

const check = async (cases: Case[], way: Way): Promise<void> => {
  const lines: string[] = [];
  for (const { name, request: asked } of cases) lines.push(lineOf(name, await way(asked)));
  expect(lines).toEqual(cases.map(({ name, expected }) => lineOf(name, expected)));
};

const ways: [string, () => Way][] = [
  ['straight', () => direct],
  ['through the gateway', () => throughGateway(undefined)],
];

describe.each(closedRoutes.map((route) => [route.operation, route] as const))('%s', (_, route) => {
  describe.each(ways)('%s', (name, way) => {
    test.each(['person', 'ci', 'service-account'] as const)('by the token of a %s', async (proof) => {
      await check(await tokenCases(route, { proof, tokens: tokens[proof], own, other }), way());
    });

    test('by nothing, and by what only the gateway may say', async () => {
      const unproven: Outcome = name === 'straight' ? [401, 'unauthenticated'] : [403, 'forbidden'];
      await check(forgedCases(route, own, unproven), way());
    });
  });

  test.each(['own', 'other'] as const)('by the certificate of its %s tool', async (standing) => {
    const expected = expectedOf(route, 'certificate', standing);
    const headers = { 'x-toolforge-tool': own, 'x-toolforge-gateway-secret': 'guess' };
    const asked = requestFor(route, own, headers);
    await check([{ name: standing, request: asked, expected }], throughGateway(certificates[standing]));
  });
});

test('a refusal for want of a scope names it', async () => {
  const token = await tokens.ci.good(own);
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${target.url}/v1/tool/${own}/clean`, { method: 'POST', headers });
  expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="admin"');
});

test('whoami says who calls, how that was proved, and what they may do', async () => {
  const headers = { authorization: `Bearer ${await tokens.ci.good(own)}` };
  const caller = await (await fetch(`${target.url}/v1/whoami`, { headers })).json();
  expectShape(caller, 'Caller');
  expect(caller).toMatchObject({
    subject: 'https://ci.example.org#matrix',
    proof: 'ci',
    tools: [{ tool: own, scopes: ['read', 'build'] }],
  });
});
