import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiAudience, type LocalIssuer, openIssuer, toolToken } from '../../../local/issuer.ts';
import { siteFolder, testIssuer } from '../../../scripts/test-site.ts';
import { withSweep } from '../disruptions/disruptions.ts';
import { waitTimeout } from '../pipeline/cluster.ts';
import { example } from '../pipeline/git-pod.ts';
import type { Client } from '../service/gateway.ts';
import { openService, type Service, type Tool, until } from '../service/service.ts';

const outageMs = 600_000;

let service: Service;
let tool: Tool;
let issuer: LocalIssuer;
/** An HTTP client without a certificate, for requests with tokens. */
let client: Client;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  issuer = await openIssuer(join(siteFolder, 'issuer.json'), testIssuer);
  client = await service.gateway.client(undefined);
});
afterAll(() => service.close());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Sends a GET request. @returns "200", or path, status and body of a response with another status */
const get = async (token: string, rest: string): Promise<string> => {
  const { status, text } = await client.call('GET', tool.path(rest), { headers: bearer(token) });
  return status === 200 ? '200' : `${rest}: ${status} ${text}`;
};

const start = async (token: string, url: string): Promise<string> => {
  const options = { headers: bearer(token), body: { source_url: url } };
  const { status, json, text } = await client.call('POST', tool.path('/builds'), options);
  if (status !== 200) throw new Error(`start got ${status}: ${text}`);
  return (json.new_build as { name: string }).name;
};

const savedKeys = async (): Promise<string> => service.kubectl(['get', 'configmap', 'issuer-keys', '-o', 'json']);
const keyId = ({ jwks }: LocalIssuer): string => jwks.keys[0]?.kid ?? '';

type Pods = { items: { metadata: { creationTimestamp: string } }[] };

const podsSince = async (time: Date): Promise<number> => {
  const json = await service.kubectl(['get', 'pods', '-l', 'serving.knative.dev/service', '-o', 'json']);
  const { items } = JSON.parse(json) as Pods;
  return items.filter(({ metadata }) => new Date(metadata.creationTimestamp) > time).length;
};

test(
  'valid tokens are accepted during ten minutes without the issuer, also by functions that start meanwhile',
  async () => {
    const url = await service.repository('static', await example('static'));
    const person = await toolToken(issuer, tool.name);
    const claims = { project_path: `toolforge-repos/${tool.name}`, ref_protected: 'true' };
    const ci = await (await openIssuer(join(siteFolder, 'issuer.json'), `${testIssuer}/ci`)).sign(
      claims,
      'pipeline',
      apiAudience,
      '1h',
    );
    await withSweep(service, () =>
      until("the issuer's keys are saved", async () => (await savedKeys()).includes(keyId(issuer))),
    );
    await service.kubectl(['scale', 'deployment/issuer', '--replicas=0']);
    const outageStart = new Date();
    try {
      const responses: string[] = [];
      let startedPods = 0;
      let id = '';
      for (let round = 0; Date.now() < outageStart.getTime() + outageMs; round += 1) {
        // list-builds gets requests in every round. All other functions scale to zero between their requests.
        responses.push(await get(person, '/builds'), await get(ci, '/builds'));
        if (round % 8 === 4) responses.push(await get(person, '/quotas'), await get(ci, '/quotas'));
        if (round === 12) id = await start(ci, url);
        if (round === 20) responses.push(await get(person, `/builds/${id}/logs`));
        startedPods = Math.max(startedPods, await podsSince(outageStart));
        await delay(20_000);
      }
      expect(responses.filter((response) => response !== '200')).toEqual([]);
      expect(startedPods).toBeGreaterThan(0);
      expect((await tool.finished(id)).status).toBe('BUILD_SUCCESS');
    } finally {
      await service.kubectl(['scale', 'deployment/issuer', '--replicas=1']);
      await service.kubectl(['rollout', 'status', 'deployment/issuer', waitTimeout]);
    }
  },
  outageMs + 300_000,
);

type Deployment = { spec: { template: { spec: { volumes: { configMap: { name: string } }[] } } } };

/** Runs `work` while the issuer also publishes the keys of `second`. */
const withSecondKey = async (second: LocalIssuer, work: () => Promise<void>): Promise<void> => {
  const deployment = await service.kubectl(['get', 'deployment', 'issuer', '-o', 'json']);
  const name = (JSON.parse(deployment) as Deployment).spec.template.spec.volumes[0]?.configMap.name ?? '';
  const publish = async (keys: object[]): Promise<void> => {
    const patch = JSON.stringify({ data: { jwks: JSON.stringify({ keys }) } });
    await service.kubectl(['patch', 'configmap', name, '--type=merge', '-p', patch]);
    const jwks = () => service.namespace.kubectl(['exec', 'git', '--', 'curl', '--silent', `${testIssuer}/jwks`]);
    // The kubelet updates a mounted ConfigMap within about two minutes.
    const isPublished = async () => (JSON.parse(await jwks()) as { keys: object[] }).keys.length === keys.length;
    await until('the issuer publishes other keys', isPublished);
  };
  await publish([...issuer.jwks.keys, ...second.jwks.keys]);
  try {
    await work();
  } finally {
    await publish(issuer.jwks.keys);
  }
};

test("tokens of the old and of the new key are accepted at once while the issuer's keys are rotated", async () => {
  const second = await openIssuer(join(service.gateway.folder, 'second.json'), testIssuer);
  const [older, newer] = [await toolToken(issuer, tool.name), await toolToken(second, tool.name)];
  await withSecondKey(second, async () => {
    expect(await get(older, '/builds')).toBe('200');
    for (const rest of ['/builds', '/quotas', '/builds']) expect(await get(newer, rest)).toBe('200');
    expect(await get(older, '/quotas')).toBe('200');
  });
}, 600_000);
