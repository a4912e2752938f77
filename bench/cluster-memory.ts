/**
 * What functions need of memory under load, beside what their manifests ask for: KUBECONFIG names a cluster on which
 * knative/overlays/test is deployed. Each is called by as many callers as one instance takes at once, without a pause,
 * for a tool with a hundred finished builds. A row is of the largest pod; a restart means that the limit is too low.
 *   npm run bench:cluster-memory [-- SECONDS]     for each
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

type Load = { name: string; callers: number; call: () => Promise<{ status: number }> };

/** Calls without a pause, and looks at the pods meanwhile. @returns the largest working set, and the statuses seen */
const press = async ({ name, callers, call }: Load): Promise<[number, Map<number, number>]> => {
  const statuses = new Map<number, number>();
  const end = Date.now() + seconds * 1000;
  let most = 0;
  const calling = Array.from({ length: callers }, async () => {
    while (Date.now() < end) {
      const { status } = await call().catch(() => ({ status: 0 }));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  // The kubelet looks every ten seconds, so that its last number of the load comes after the load.
  while (Date.now() < end + 12_000) {
    most = Math.max(most, await workingSet(name));
    await delay(2_000);
  }
  await Promise.all(calling);
  return [most, statuses];
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
    { name: 'quota', callers: 100, call: get('/quotas') },
    { name: 'list-builds', callers: 100, call: get('/builds') },
    { name: 'get-build', callers: 100, call: get(`/builds/${id}`) },
    { name: 'get-logs', callers: 200, call: get(`/builds/${id}/logs`) },
    { name: 'start-build', callers: 50, call: () => tool.client.call('POST', tool.path('/builds'), { body }) },
    { name: 'cancel-build', callers: 100, call: () => tool.client.call('PUT', tool.path(`/builds/${id}/cancel`)) },
    { name: 'delete-build', callers: 100, call: () => tool.client.call('DELETE', tool.path('/builds/none')) },
    { name: 'clean-images', callers: 20, call: () => tool.client.call('POST', tool.path('/clean')) },
    { name: 'openapi', callers: 100, call: () => tool.client.call('GET', '/openapi.json') },
  ];
};

const service = await openService();
try {
  const tool = await service.tool();
  const url = await service.repository('slow', slow(1));
  const id = await tool.start(url);
  await tool.finished(id);
  console.log(
    '| function | callers | largest working set | request | limit | restarts | answers |\n|---|---|---|---|---|---|---|',
  );
  for (const load of loads(tool, id, url)) {
    const [most, statuses] = await press(load);
    const answers = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
    const [request, limit] = await resourcesOf(service, load.name);
    const row = [load.name, load.callers, `${Math.round(most / 1048576)} MiB`, request, limit];
    console.log(`| ${[...row, await restarts(service, load.name), answers].join(' | ')} |`);
  }
} finally {
  await service.close();
}
