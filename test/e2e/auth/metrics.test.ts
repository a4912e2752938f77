import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builds, openService, type Service } from '../service/service.ts';

let service: Service;

beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

/** Asks from a pod of the cluster, as its monitoring does. @returns the status and the text */
const ask = async (token?: string): Promise<[string, string]> => {
  const words = token ? ['--header', `Authorization: Bearer ${token}`] : [];
  const url = `http://metrics.${builds}.svc.cluster.local/v1/metrics`;
  const curl = ['curl', '--silent', '--write-out', '\n%{http_code}', ...words, url];
  const lines = (await service.namespace.kubectl(['exec', 'git', '--', ...curl])).split('\n');
  return [lines.at(-1) ?? '', lines.slice(0, -1).join('\n')];
};

const tokenFor = async (account: string, audience: string): Promise<string> =>
  (await service.kubectl(['create', 'token', account, '--audience', audience])).trim();

test('metrics are read with a token for them, of an account that may', async () => {
  expect((await ask())[0]).toBe('401');
  expect((await ask(await tokenFor('metrics', 'somebody-else')))[0]).toBe('401');
  expect((await ask(await tokenFor('quota', 'metrics')))[0]).toBe('403');
  const [status, text] = await ask(await tokenFor('metrics', 'metrics'));
  expect(status).toBe('200');
  expect(text).toMatch(/^toolforge_builds\{status="BUILD_SUCCESS"\} \d+$/m);
  expect(text).toMatch(/^toolforge_builds_dead_letters_total \d+$/m);
});

test('a tool does not see what others build', async () => {
  const tool = await service.tool();
  expect((await tool.client.call('GET', '/builds/v1/metrics')).status).toBe(401);
});
