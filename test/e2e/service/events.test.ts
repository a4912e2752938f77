import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventReceivers } from '../../support/functions.ts';
import { builds, openService, type Service, slow, type Tool } from './service.ts';

let service: Service;
let tool: Tool;
let id: string;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  id = await tool.start(await service.repository('slow', slow(90)));
});
afterAll(() => service.close());

const successful = 'dev.tekton.event.pipelinerun.successful.v1';

type Forged = { type: string; source: string; data: object; token?: string };

/** Sends a forged event from a pod outside of the service. @returns the status of the response */
const post = async (url: string, { type, source, data, token }: Forged): Promise<string> => {
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-type': type,
    'ce-source': source,
    'content-type': 'application/json',
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const words = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
  const curl = ['curl', '--silent', '--output', '/dev/null', '--write-out', '%{http_code}', ...words];
  return service.namespace.kubectl(['exec', 'git', '--', ...curl, '--data', JSON.stringify(data), url]);
};

const functionUrl = (name: string) => `http://${name}.${builds}.svc/`;
const genuineEvent = () => ({
  type: successful,
  source: '/builds/accept-tekton',
  data: { tool: tool.name, build: id },
});
const tokenFor = async (account: string, audience: string): Promise<string> =>
  (await service.kubectl(['create', 'token', account, '--audience', audience])).trim();

describe.each(eventReceivers)('the function %s refuses an event', (name) => {
  test('an event without a token gets 401', async () => {
    expect(await post(functionUrl(name), genuineEvent())).toBe('401');
  });
  test('an event with a token for another function gets 401', async () => {
    expect(
      await post(functionUrl(name), { ...genuineEvent(), token: await tokenFor('start-build', 'somebody-else') }),
    ).toBe('401');
  });
  test('an event from another sender gets 403', async () => {
    expect(await post(functionUrl(name), { ...genuineEvent(), token: await tokenFor('start-build', name) })).toBe(
      '403',
    );
  });
});

test('the broker refuses an event without a token', async () => {
  const url = await service.kubectl(['get', 'broker', 'builds', '-o', 'jsonpath={.status.address.url}']);
  expect(await post(url, genuineEvent())).toBe('401');
});

test('a forged event of Tekton changes no build', async () => {
  const status = { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }] };
  const metadata = { name: id, namespace: builds };
  const data = { pipelineRun: { metadata, status } };
  expect(await post(functionUrl('accept-tekton'), { type: successful, source: 'tekton', data })).toBe('204');
  expect((await tool.get(id)).status).toMatch(/^BUILD_(PENDING|RUNNING)$/);
  const unknown = { pipelineRun: { metadata: { name: 'none', namespace: 'kube-system' }, status } };
  expect(await post(functionUrl('accept-tekton'), { type: successful, source: 'tekton', data: unknown })).toBe('204');
  expect(await post(functionUrl('accept-tekton'), { type: 'other', source: 'tekton', data: {} })).toBe('204');
});
