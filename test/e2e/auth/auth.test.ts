import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { siteFolder, testIssuer } from '../../../scripts/test-overlay.ts';
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
} from '../../support/auth/matrix.ts';
import { signedTokens, type Tokens, tamper } from '../../support/auth/tokens.ts';
import { withSweep } from '../disruptions/disruptions.ts';
import { kubectl } from '../pipeline/cluster.ts';
import type { Client } from '../service/gateway.ts';
import { builds, openService, type Service, until } from '../service/service.ts';

/** The table of test/contract/auth.test.ts, on what is deployed: through the gateway, and from a pod straight at a function. */
const audience = 'builds-api';
const account = 'ci';
type TokenProof = Exclude<ProofName, 'certificate'>;
type Way = (requests: MatrixRequest[]) => Promise<Outcome[]>;

let service: Service;
let own: string;
let other: string;
let tokens: Record<TokenProof, Tokens>;
let strangers: Client;
const namespaces: string[] = [];

const staticTokens = async (kind: 'person' | 'ci'): Promise<Tokens> => {
  const key = JSON.parse(await readFile(join(siteFolder, 'issuer.json'), 'utf8')) as JWK;
  const issuers = { person: testIssuer, ci: `${testIssuer}/ci` };
  return signedTokens({
    issuer: issuers[kind],
    // Of the same keys, but it gives nothing for these claims; the cluster's has other keys.
    otherIssuer: 'https://kubernetes.default.svc.cluster.local',
    audience,
    key,
    kid: await calculateJwkThumbprint(key),
    claims: (tool) =>
      kind === 'person'
        ? { groups: tool ? [`tools.${tool}`] : ['users'] }
        : { project_path: `${tool ? 'toolforge-repos' : 'elsewhere'}/${tool ?? own}`, ref_protected: 'true' },
  });
};

/** A namespace as a tool has it. */
const makeToolNamespace = async (tool: string): Promise<void> => {
  const name = `tool-${tool}`;
  await kubectl(['create', 'namespace', name]);
  namespaces.push(name);
  await kubectl(['create', 'serviceaccount', account, '--namespace', name]);
};

/** Tokens of the cluster: what can't be had of it is left out. */
const accountTokens = async (): Promise<Tokens> => {
  const { keys } = JSON.parse(await kubectl(['get', '--raw', '/openid/v1/jwks'])) as { keys: JWK[] };
  const tokenOf = async (name: string, namespace: string, wanted = audience): Promise<string> =>
    (await kubectl(['create', 'token', name, '--namespace', namespace, '--audience', wanted])).trim();
  const good = (tool: string | undefined) =>
    tool ? tokenOf(account, `tool-${tool}`) : tokenOf('default', service.namespace.name);
  return {
    good,
    broken: async (defect, tool) => {
      if (defect === 'for another audience') return tokenOf(account, `tool-${tool}`, 'other-api');
      return keys[0] && tamper(defect, await good(tool), keys[0]);
    },
  };
};

beforeAll(async () => {
  service = await openService();
  own = (await service.tool()).name;
  other = `${own}-other`;
  await makeToolNamespace(own);
  await makeToolNamespace(other);
  strangers = await service.gateway.client(undefined);
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

const throughGateway =
  (client: Client): Way =>
  async (requests) => {
    const outcomes: Outcome[] = [];
    for (const { method, path, headers, body } of requests) {
      const options = { headers, ...(body ? { body: JSON.parse(body) as unknown } : {}) };
      const { status, json } = await client.call(method, `/builds${path}`, options);
      outcomes.push([status, json.code as string | undefined]);
    }
    return outcomes;
  };

const asker = `
import http.client, json, sys
answers = []
for request in json.load(sys.stdin):
    connection = http.client.HTTPConnection('kourier-internal.kourier-system.svc.cluster.local', timeout=120)
    headers = dict(request['headers'], Host=request['function'] + '.${builds}.svc.cluster.local')
    connection.request(request['method'], request['path'], request.get('body'), headers)
    response = connection.getresponse()
    text = response.read()
    try: code = json.loads(text).get('code')
    except ValueError: code = text.decode(errors='replace')[:100]
    answers.append([response.status, code])
json.dump(answers, sys.stdout)
`;

/** From a pod that is nobody's, to the function's own address. */
const straight: Way = async (requests) => {
  const words = ['exec', '-i', 'git', '--', 'python3', '-c', asker];
  const answers = JSON.parse(await service.namespace.kubectl(words, JSON.stringify(requests))) as [
    number,
    string | null,
  ][];
  return answers.map(([status, code]) => [status, code ?? undefined]);
};

const check = async (cases: Case[], way: Way): Promise<void> => {
  const outcomes = await way(cases.map(({ request }) => request));
  const lines = cases.map(({ name }, at) => lineOf(name, outcomes[at] ?? [0]));
  expect(lines).toEqual(cases.map(({ name, expected }) => lineOf(name, expected)));
};

const ways: [string, () => Way, Outcome][] = [
  ['through the gateway', () => throughGateway(strangers), [403, 'forbidden']],
  ['straight at the function', () => straight, [401, 'unauthenticated']],
];

describe.each(closedRoutes.map((route) => [route.operation, route] as const))('%s', (_, route) => {
  describe.each(ways)('%s', (_name, way, unproven) => {
    test.each(['person', 'ci', 'service-account'] as const)('by the token of a %s', async (proof) => {
      await check(await tokenCases(route, { proof, tokens: tokens[proof], own, other }), way());
    });

    test('by nothing, and by what only the gateway may say', async () => {
      await check(forgedCases(route, own, unproven), way());
    });
  });

  test('by certificates', async () => {
    const cases = (standing: 'own' | 'other'): Case[] => [
      { name: standing, request: requestFor(route, own, {}), expected: expectedOf(route, 'certificate', standing) },
    ];
    await check(cases('own'), throughGateway(await service.gateway.client(own)));
    await check(cases('other'), throughGateway(await service.gateway.client(other)));
  });
});

test('sweep keeps the keys of the issuers that it can ask', async () => {
  const kept = async (): Promise<string[]> => {
    const object = JSON.parse(await service.kubectl(['get', 'configmap', 'issuer-keys', '-o', 'json']));
    const texts = Object.values((object as { data?: Record<string, string> }).data ?? {});
    return texts.map((text) => (JSON.parse(text) as { issuer: string }).issuer);
  };
  await withSweep(service, () => until('the keys are kept', async () => (await kept()).includes(testIssuer)));
  expect(await kept()).toContain(`${testIssuer}/ci`);
});
