/**
 * Measures the memory of functions under load, beside the requests and limits of their manifests. KUBECONFIG names a
 * cluster with the service deployed for tests. As many clients as one instance serves at once send requests without a pause.
 * Each row shows the largest pod of a function. A restart of the pod means that the memory limit is too low.
 *   npm run bench:cluster-memory [-- SECONDS]     for each function; default 20
 */
import { setTimeout as delay } from 'node:timers/promises';
import '../test/e2e/site.js';
import { openService, type Service, slow, type Tool } from '../test/e2e/service/service.ts';
import { workingSet } from './kubelet.ts';

const seconds = Number(process.argv[2] ?? 20);

type Pods = { items: { status: { containerStatuses?: { name: string; restartCount: number }[] } }[] };
type Revision = { spec: { containers: { resources: { requests: { memory: string }; limits: { memory: string } } }[] } };

const restarts = async (service: Service, name: string): Promise<number> => {
  const words = ['get', 'pods', '-l', `serving.knative.dev/service=${name}`, '-o', 'json'];
  const { items } = JSON.parse(await service.kubectl(words)) as Pods;
  const statuses = items.flatMap(({ status }) => status.containerStatuses ?? []);
  return statuses.filter((one) => one.name === 'function').reduce((sum, one) => sum + one.restartCount, 0);
};

type Load = { name: string; clients: number; send: () => Promise<{ status: number }> };

/**
 * Sends requests to a function without a pause, and reads the memory of its pods meanwhile.
 * @returns the largest working set in bytes, and the number of responses by status
 */
const applyLoad = async ({ name, clients, send }: Load): Promise<[number, Map<number, number>]> => {
  const statuses = new Map<number, number>();
  const end = Date.now() + seconds * 1000;
  let largest = 0;
  const sending = Array.from({ length: clients }, async () => {
    while (Date.now() < end) {
      const { status } = await send().catch(() => ({ status: 0 }));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  // The kubelet measures memory every ten seconds, so memory is read until 12 s after the last request.
  while (Date.now() < end + 12_000) {
    largest = Math.max(largest, await workingSet(name));
    await delay(2_000);
  }
  await Promise.all(sending);
  return [largest, statuses];
};

const resourcesOf = async (service: Service, name: string): Promise<string[]> => {
  const revision = (
    await service.kubectl(['get', 'ksvc', name, '-o', 'jsonpath={.status.latestReadyRevisionName}'])
  ).trim();
  const { spec } = JSON.parse(await service.kubectl(['get', 'revision', revision, '-o', 'json'])) as Revision;
  const { requests, limits } = spec.containers[0]?.resources ?? { requests: { memory: '' }, limits: { memory: '' } };
  return [requests.memory, limits.memory];
};

const loads = (tool: Tool, id: string, url: string): Load[] => {
  const get = (path: string) => () => tool.client.call('GET', tool.path(path));
  const body = { source_url: url, ref: 'nothing' };
  return [
    { name: 'quota', clients: 100, send: get('/quotas') },
    { name: 'list-builds', clients: 100, send: get('/builds') },
    { name: 'get-build', clients: 100, send: get(`/builds/${id}`) },
    { name: 'get-logs', clients: 200, send: get(`/builds/${id}/logs`) },
    { name: 'start-build', clients: 50, send: () => tool.client.call('POST', tool.path('/builds'), { body }) },
    { name: 'cancel-build', clients: 100, send: () => tool.client.call('PUT', tool.path(`/builds/${id}/cancel`)) },
    { name: 'delete-build', clients: 100, send: () => tool.client.call('DELETE', tool.path('/builds/none')) },
    { name: 'clean-images', clients: 20, send: () => tool.client.call('POST', tool.path('/clean')) },
    { name: 'openapi', clients: 100, send: () => tool.client.call('GET', '/openapi.json') },
  ];
};

const service = await openService();
try {
  const tool = await service.tool();
  const url = await service.repository('slow', slow(1));
  const id = await tool.start(url);
  await tool.finished(id);
  console.log(
    '| function | clients | largest working set | request | limit | restarts | responses |\n|---|---|---|---|---|---|---|',
  );
  for (const load of loads(tool, id, url)) {
    const [largest, statuses] = await applyLoad(load);
    const responses = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
    const [request, limit] = await resourcesOf(service, load.name);
    const row = [load.name, load.clients, `${Math.round(largest / 1048576)} MiB`, request, limit];
    console.log(`| ${[...row, await restarts(service, load.name), responses].join(' | ')} |`);
  }
} finally {
  await service.close();
}
