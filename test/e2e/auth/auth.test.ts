import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { siteFolder, testIssuer } from '../../../scripts/test-site.ts';
import {
  type Case,
  type CredentialName,
  closedRoutes,
  expectedOf,
  forgedCases,
  lineOf,
  type MatrixRequest,
  requestFor,
  type StatusAndCode,
  tokenCases,
} from '../../support/auth/matrix.ts';
import { signedTokens, type Tokens, tamper } from '../../support/auth/tokens.ts';
import { withSweep } from '../disruptions/disruptions.ts';
import { kubectl } from '../pipeline/cluster.ts';
import type { Client } from '../service/gateway.ts';
import { builds, openService, type Service, until } from '../service/service.ts';
import { deployedSettings } from '../service/settings.ts';

// These tests repeat test/contract/auth.test.ts on a cluster: through the gateway, and from a pod directly to each
// function.
const audience = 'builds-api';
const account = 'ci';
type TokenCredential = Exclude<CredentialName, 'certificate'>;
type SendAll = (requests: MatrixRequest[]) => Promise<StatusAndCode[]>;

let service: Service;
let own: string;
let other: string;
let tokens: Record<TokenCredential, Tokens>;
/** An HTTP client without a certificate. */
let anonymousClient: Client;
const namespaces: string[] = [];

const staticTokens = async (kind: 'person' | 'ci'): Promise<Tokens> => {
  const key = JSON.parse(await readFile(join(siteFolder, 'issuer.json'), 'utf8')) as JWK;
  const issuers = { person: testIssuer, ci: `${testIssuer}/ci` };
  return signedTokens({
    issuer: issuers[kind],
    // Tokens with a wrong issuer name the Kubernetes cluster as their issuer. The tests' issuers for people and for CI
    // share their key, so neither can be the wrong issuer of the other's tokens.
    otherIssuer: (await deployedSettings()).EVENT_ISSUER ?? '',
    audience,
    key,
    kid: await calculateJwkThumbprint(key),
    claims: (tool) =>
      kind === 'person'
        ? { groups: tool ? [`tools.${tool}`] : ['users'] }
        : { project_path: `${tool ? 'toolforge-repos' : 'elsewhere'}/${tool ?? own}`, ref_protected: 'true' },
  });
};

/** Makes a namespace for a tool, with a ServiceAccount. */
const makeToolNamespace = async (tool: string): Promise<void> => {
  const name = `tool-${tool}`;
  await kubectl(['create', 'namespace', name]);
  namespaces.push(name);
  await kubectl(['create', 'serviceaccount', account, '--namespace', name]);
};

/**
 * Makes tokens of the cluster's ServiceAccounts. Defective tokens that only the cluster's private key can sign are left
 * out.
 */
const accountTokens = async (): Promise<Tokens> => {
  const { keys } = JSON.parse(await kubectl(['get', '--raw', '/openid/v1/jwks'])) as { keys: JWK[] };
  const tokenOf = async (name: string, namespace: string, wanted = audience): Promise<string> =>
    (await kubectl(['create', 'token', name, '--namespace', namespace, '--audience', wanted])).trim();
  const valid = (tool: string | undefined) =>
    tool ? tokenOf(account, `tool-${tool}`) : tokenOf('default', service.namespace.name);
  return {
    valid,
    defective: async (defect, tool) => {
      if (defect === 'for another audience') return tokenOf(account, `tool-${tool}`, 'other-api');
      return keys[0] && tamper(defect, await valid(tool), keys[0]);
    },
  };
};

beforeAll(async () => {
  service = await openService();
  own = (await service.tool()).name;
  other = `${own}-other`;
  await makeToolNamespace(own);
  await makeToolNamespace(other);
  anonymousClient = await service.gateway.client(undefined);
  tokens = {
    person: await staticTokens('person'),
    ci: await staticTokens('ci'),
    'service-account': await accountTokens(),
  };
});
afterAll(async () => {
  for (const name of namespaces) await kubectl(['delete', 'namespace', name, '--wait=false']);
  await service.close();
});

const sendThroughGateway =
  (client: Client): SendAll =>
  async (requests) => {
    const responses: StatusAndCode[] = [];
    for (const { method, path, headers, body } of requests) {
      const options = { headers, ...(body ? { body: JSON.parse(body) as unknown } : {}) };
      const { status, json, text } = await client.call(method, `/builds${path}`, options);
      // An error response without a code gets the beginning of its body as code, so that a failed test shows the body.
      const code = json.code ?? (status < 400 ? undefined : text.slice(0, 100));
      responses.push([status, code as string | undefined]);
    }
    return responses;
  };

/** A Python program that sends the requests on its standard input, and prints status and code of each response. */
const sendScript = `
import http.client, json, sys
responses = []
for request in json.load(sys.stdin):
    connection = http.client.HTTPConnection('kourier-internal.kourier-system.svc', timeout=120)
    headers = dict(request['headers'], Host=request['function'] + '.${builds}.svc')
    connection.request(request['method'], request['path'], request.get('body'), headers)
    response = connection.getresponse()
    text = response.read()
    try: code = json.loads(text).get('code')
    except ValueError: code = text.decode(errors='replace')[:100]
    responses.append([response.status, code])
json.dump(responses, sys.stdout)
`;

/** Sends requests directly to the functions' addresses, from a pod that has no certificate and no token. */
const sendDirectly: SendAll = async (requests) => {
  const words = ['exec', '-i', 'git', '--', 'python3', '-c', sendScript];
  const responses = JSON.parse(await service.namespace.kubectl(words, JSON.stringify(requests))) as [
    number,
    string | null,
  ][];
  return responses.map(([status, code]) => [status, code ?? undefined]);
};

const check = async (cases: Case[], sendAll: SendAll): Promise<void> => {
  const responses = await sendAll(cases.map(({ request }) => request));
  const lines = cases.map(({ name }, at) => lineOf(name, responses[at] ?? [0]));
  expect(lines).toEqual(cases.map(({ name, expected }) => lineOf(name, expected)));
};

const paths: [string, () => SendAll, StatusAndCode][] = [
  ['sent through the gateway', () => sendThroughGateway(anonymousClient), [403, 'forbidden']],
  ['sent directly to the function', () => sendDirectly, [401, 'unauthenticated']],
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

  test("responds as documented to the certificates of its own tool and of another's", async () => {
    const cases = (callerTool: 'own' | 'other'): Case[] => [
      { name: callerTool, request: requestFor(route, own, {}), expected: expectedOf(route, 'certificate', callerTool) },
    ];
    await check(cases('own'), sendThroughGateway(await service.gateway.client(own)));
    await check(cases('other'), sendThroughGateway(await service.gateway.client(other)));
  });
});

test('sweep saves the keys of the issuers that respond', async () => {
  const savedIssuers = async (): Promise<string[]> => {
    const object = JSON.parse(await service.kubectl(['get', 'configmap', 'issuer-keys', '-o', 'json']));
    const texts = Object.values((object as { data?: Record<string, string> }).data ?? {});
    return texts.map((text) => (JSON.parse(text) as { issuer: string }).issuer);
  };
  await withSweep(service, () => until('the keys are saved', async () => (await savedIssuers()).includes(testIssuer)));
  expect(await savedIssuers()).toContain(`${testIssuer}/ci`);
});
