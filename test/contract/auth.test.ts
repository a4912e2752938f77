import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { createSealer } from '../../lib/auth/session/sealed.ts';
import type { TrustedIssuer } from '../../lib/auth/trusted-issuers.ts';
import { newPrivateKey, published } from '../support/auth/keys.ts';
import {
  type Case,
  type CredentialName,
  closedRoutes,
  expectedOf,
  forgedCases,
  lineOf,
  type MatrixRequest,
  requestFor,
  type SealSession,
  type StatusAndCode,
  sessionCases,
  sessionHeaders,
  tokenCases,
} from '../support/auth/matrix.ts';
import { signedTokens, type Tokens } from '../support/auth/tokens.ts';
import { fixedSecret } from '../support/secret.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectCleanLog, expectShape, expectStatus, send } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

// The tests in test/e2e/auth/auth.test.ts send the same requests, with the same kinds of credentials, to a cluster.
const audience = 'builds-api';
const [own, other] = ['matrix', 'another'];
const keysToken = 'of-a-pod';
const sessionKey = 'the key of sessions in this test';
type TokenCredential = Exclude<CredentialName, 'certificate'>;

const claims: Record<TokenCredential, (tool: string | undefined) => Record<string, unknown>> = {
  person: (tool) => ({ groups: tool ? [`tools.${tool}`] : ['users'] }),
  ci: (tool) => ({ project_path: `${tool ? 'toolforge-repos' : 'elsewhere'}/${tool ?? own}`, ref_protected: 'true' }),
  'service-account': (tool) => ({ sub: `system:serviceaccount:${tool ? `tool-${tool}` : 'default'}:ci` }),
};

let folder: string;
let keys: TestServer;
let target: Target;
let tokens: Record<TokenCredential, Tokens>;
let certificates: Record<string, { key: string; cert: string }>;
let authority: string;

const issuersAt = (url: string, tokenFile: string): TrustedIssuer[] => {
  const issuer = (kind: TokenCredential) => ({
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
  await writeFile(join(folder, 'session-keys'), `${sessionKey}\n`);
  const names = ['person', 'ci', 'service-account'] as const;
  const privateKeys = await Promise.all(names.map(async (name) => [name, await newPrivateKey()] as const));
  keys = await startServer(({ url, headers }, response) => {
    const found = privateKeys.find(([name]) => url === `/${name}`);
    // The keys of ServiceAccounts are served as the Kubernetes API serves them: only to requests with a token, and only
    // as application/jwk-set+json.
    const isKubernetes = url === '/service-account';
    const denied = isKubernetes && headers.authorization !== `Bearer ${keysToken}`;
    const unacceptable = isKubernetes && !/jwk-set|\*\/\*/.test(headers.accept ?? '*/*');
    response
      .writeHead(denied ? 403 : unacceptable ? 406 : 200)
      .end(JSON.stringify(found && published(found[1], found[0])));
  });
  tokens = Object.fromEntries(
    privateKeys.map(([name, key], at) => {
      const otherIssuer = `https://${names[(at + 1) % names.length]}.example.org`;
      const issuer = `https://${name}.example.org`;
      return [name, signedTokens({ issuer, audience, otherIssuer, key, kid: name, claims: claims[name] })];
    }),
  ) as typeof tokens;
  const settings = {
    AUTH_ISSUERS: JSON.stringify(issuersAt(keys.url, join(folder, 'token'))),
    AUTH_FAILURE_DELAY_MS: '0',
    SESSION_KEYS_FILE: join(folder, 'session-keys'),
  };
  target = await startTarget(settings);
  certificates = { own: await certificateOf(own), other: await certificateOf(other) };
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
  await keys.close();
  await rm(folder, { recursive: true });
});

/**
 * Returns the error code in a response's body. For a body that is not JSON, returns the beginning of the body, to show
 * it when a test fails.
 */
const codeOf = (body: string): string | undefined => {
  try {
    return (JSON.parse(body) as { code?: string }).code;
  } catch {
    return body.slice(0, 200);
  }
};

type Send = (matrixRequest: MatrixRequest) => Promise<StatusAndCode>;

const sendDirectly: Send = async ({ method, path, headers, body }) => {
  const response = await fetch(`${target.url}${path}`, { method, headers, ...(body ? { body } : {}) });
  return [response.status, codeOf(await response.text())];
};

const sendThroughGateway =
  (certificate: { key: string; cert: string } | undefined): Send =>
  ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const options = { method, headers, ca: authority, agent: false as const, ...certificate };
      const sent = request(new URL(`/builds${path}`, target.gatewayUrl), options, async (response) =>
        resolve([response.statusCode ?? 0, codeOf(await text(response))]),
      );
      sent.on('error', reject).end(body);
    });

const check = async (cases: Case[], sendRequest: Send): Promise<void> => {
  const lines: string[] = [];
  for (const { name, request: matrixRequest } of cases) lines.push(lineOf(name, await sendRequest(matrixRequest)));
  expect(lines).toEqual(cases.map(({ name, expected }) => lineOf(name, expected)));
};

const seal: SealSession = (content, key = sessionKey, purpose = 'session') =>
  createSealer(fixedSecret(key), purpose).seal({ ...content, id: 'x' });

/** Sends a token in a session of the page. */
const inSession = async (token: string) =>
  sessionHeaders(await seal({ token, expires: Math.floor(Date.now() / 1000) + 600 }));

const paths: [string, () => Send, StatusAndCode][] = [
  ['sent directly to the function', () => sendDirectly, [401, 'unauthenticated']],
  ['sent through the gateway', () => sendThroughGateway(undefined), [403, 'forbidden']],
];

describe.each(closedRoutes.map((route) => [route.operation, route] as const))('the operation %s', (_, route) => {
  describe.each(paths)('%s', (_path, sender, withoutCredential) => {
    test.each(['person', 'ci', 'service-account'] as const)(
      'accepts and refuses the valid and defective tokens of a %s as documented',
      async (credential) => {
        await check(await tokenCases(route, { credential, tokens: tokens[credential], own, other }), sender());
      },
    );

    test('refuses a request without a credential, and forged credentials of the gateway', async () => {
      await check(forgedCases(route, own, withoutCredential), sender());
    });
  });

  test('accepts and refuses the valid and defective tokens in a session of the page as documented', async () => {
    const options = { credential: 'person', tokens: tokens.person, own, other, headersOf: inSession } as const;
    await check(await tokenCases(route, { ...options, expiredCode: 'unauthenticated' }), sendDirectly);
  });

  test('refuses what is no session of the page, and a session that the page does not send', async () => {
    await check(await sessionCases(route, { seal, token: await tokens.person.valid(own), own }), sendDirectly);
  });

  test.each(['own', 'other'] as const)(
    'responds as documented to the certificate of its %s tool',
    async (callerTool) => {
      const expected = expectedOf(route, 'certificate', callerTool);
      const headers = { 'x-toolforge-tool': own, 'x-toolforge-gateway-secret': 'guess' };
      const matrixRequest = requestFor(route, own, headers);
      await check(
        [{ name: callerTool, request: matrixRequest, expected }],
        sendThroughGateway(certificates[callerTool]),
      );
    },
  );
});

test('a token without the scope gets WWW-Authenticate with the missing scope', async () => {
  const token = await tokens.ci.valid(own);
  const { headers } = expectStatus(await send(`${target.url}/v1/tool/${own}/clean`, { method: 'POST', token }), 403);
  expect(headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="admin"');
});

test('whoami returns the caller, the kind of its credential, and its scopes for each tool', async () => {
  const response = await send(`${target.url}/v1/whoami`, { token: await tokens.ci.valid(own) });
  const { json: caller } = expectStatus(response, 200);
  expectShape(caller, 'Caller');
  expect(caller).toMatchObject({
    subject: 'https://ci.example.org#matrix',
    proof: 'ci',
    tools: [{ tool: own, scopes: ['read', 'build'] }],
  });
});
