import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builds, openService, type Service } from '../service/service.ts';

let service: Service;

beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

/** Requests the metrics from a pod of the cluster, as a monitoring system does. @returns the status and the body */
const getMetrics = async (token?: string): Promise<[string, string]> => {
  const words = token ? ['--header', `Authorization: Bearer ${token}`] : [];
  const url = `http://metrics.${builds}.svc/v1/metrics`;
  const curl = ['curl', '--silent', '--write-out', '\n%{http_code}', ...words, url];
  const lines = (await service.namespace.kubectl(['exec', 'git', '--', ...curl])).split('\n');
  return [lines.at(-1) ?? '', lines.slice(0, -1).join('\n')];
};

/** Requests the metrics and checks the status of the response. A failed check shows the body. @returns the body */
const expectMetrics = async (expected: string, token?: string): Promise<string> => {
  const [status, text] = await getMetrics(token);
  expect({ status, text }).toEqual({ status: expected, text });
  return text;
};

const tokenFor = async (account: string, audience: string): Promise<string> =>
  (await service.kubectl(['create', 'token', account, '--audience', audience])).trim();

test('metrics name tools only for a token with the audience metrics, of a ServiceAccount in METRICS_SUBJECTS', async () => {
  expect(await expectMetrics('200')).not.toContain('{tool=');
  await expectMetrics('401', await tokenFor('metrics', 'somebody-else'));
  await expectMetrics('403', await tokenFor('quota', 'metrics'));
  const text = await expectMetrics('200', await tokenFor('metrics', 'metrics'));
  expect(text).toMatch(/^toolforge_builds\{status="BUILD_SUCCESS"\} \d+$/m);
  expect(text).toMatch(/^toolforge_builds_dead_letters_total \d+$/m);
});

test('a tool gets the metrics without the names of other tools', async () => {
  const tool = await service.tool();
  const { status, text } = await tool.client.call('GET', '/builds/v1/metrics');
  expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(/^toolforge_builds_running \d+$/m) });
  expect(text).not.toContain('{tool=');
});
