/**
 * Measures the first request after scale to zero, of functions and of a bare Node server as a Knative Service, in one
 * run. KUBECONFIG names a cluster with the service deployed for tests. Prints a table in Markdown.
 *   npm run bench:cluster-cold-start [-- ROUNDS]     default 5
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { securityContext } from '../lib/logs/archive/archiver-job.ts';
import { siteFolder } from '../scripts/test-site.ts';
import '../test/e2e/site.js';
import { kubectl, type Namespace } from '../test/e2e/pipeline/cluster.ts';
import { example } from '../test/e2e/pipeline/git-pod.ts';
import { builds, openService, type Service } from '../test/e2e/service/service.ts';
import { median } from '../test/support/quantile.ts';

const server =
  "process.once('SIGTERM', () => process.exit()); require('node:http').createServer((_, res) => res.end('ok')).listen(8080)";

/**
 * Returns a Knative Service of a bare Node server, which differs from a function's Service only in its program.
 * @param withToken whether the pod has its ServiceAccount's token. Functions have the token, and so have pods by
 * default
 */
const bare = (name: string, image: string, withToken: boolean) => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name, labels: { 'networking.knative.dev/visibility': 'cluster-local' } },
  spec: {
    template: {
      spec: {
        enableServiceLinks: false,
        // Knative refuses automountServiceAccountToken: true. Without this field a pod has the token by default.
        ...(withToken ? {} : { automountServiceAccountToken: false }),
        containers: [
          { image, args: ['-e', server], securityContext, resources: { requests: { cpu: '20m', memory: '96Mi' } } },
        ],
      },
    },
  },
});

type Target = { name: string; url: string; headers: string[]; body?: string };

/** Returns a request to a function. With a body it is a POST, without a body a GET. */
const functionTarget = (name: string, path: string, headers: string[], body?: object): Target => ({
  name,
  url: `http://${name}.${builds}.svc${path}`,
  headers,
  ...(body ? { body: JSON.stringify(body) } : {}),
});

const countPods = async (): Promise<number> => {
  const words = ['get', 'pods', '--all-namespaces', '-l', 'serving.knative.dev/service', '-o', 'name'];
  return (await kubectl(words)).split('\n').filter((line) => line !== '').length;
};

const waitForZero = async (): Promise<void> => {
  for (const end = Date.now() + 300_000; (await countPods()) > 0; await delay(2000)) {
    if (Date.now() > end) throw new Error('the functions did not scale to zero within 300 s');
  }
};

/** Sends a request from a pod of the tests' namespace. @returns milliseconds until the end of the response */
const send = async (namespace: Namespace, { url, headers, body }: Target): Promise<number> => {
  const bodyOptions = body ? ['--header', 'content-type: application/json', '--data', body] : [];
  const options = [...headers.flatMap((header) => ['--header', header]), ...bodyOptions];
  const write = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code} %{time_total}'];
  const output = await namespace.kubectl(['exec', 'git', '--', 'curl', ...write, ...options, url]);
  const [status, seconds] = output.split(' ');
  if (status !== '200') throw new Error(`${url}: status ${status} instead of 200`);
  return Number(seconds) * 1000;
};

const spread = (values: readonly number[]): string =>
  [...values]
    .sort((a, b) => a - b)
    .map((value) => (value / 1000).toFixed(1))
    .join(' ');

const rotated = <T>(items: readonly T[], by: number): T[] => items.map((_, at) => items[(at + by) % items.length] as T);

const measure = async (
  namespace: Namespace,
  targets: readonly Target[],
  rounds: number,
): Promise<Map<string, number[]>> => {
  const times = new Map<string, number[]>(targets.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    await waitForZero();
    // The order of the servers rotates from round to round, because the first request of a round also wakes Knative's
    // activator.
    for (const target of rotated(targets, round)) {
      // The benchmark waits until the previous server's pod has ended its start, which would slow down the next start.
      await delay(5000);
      times.get(target.name)?.push(await send(namespace, target));
    }
  }
  return times;
};

const table = (times: Map<string, number[]>): string => {
  const base = median(times.get('bare') ?? []);
  const rows = [...times].map(
    ([name, values]) =>
      `| ${name} | ${Math.round(median(values))} ms | ${(median(values) / base).toFixed(2)} | ${spread(values)} |`,
  );
  const head = ['| service | first request from zero (median) | ratio to bare | all |', '|---|---|---|---|'];
  return [...head, ...rows].join('\n');
};

/**
 * Deploys two Knative Services of a bare Node server, and finishes a build of a new tool.
 * @returns the requests to measure
 */
const prepare = async (service: Service): Promise<Target[]> => {
  const { namespace } = service;
  const secret = (await readFile(join(siteFolder, 'secret'), 'utf8')).trim();
  const words = ['get', 'ksvc', 'openapi', '-n', builds, '-o', 'jsonpath={.spec.template.spec.containers[0].image}'];
  const image = await kubectl(words);
  await namespace.apply(bare('bare', image, true), bare('bare-without-token', image, false));
  await namespace.kubectl(['wait', '--for=condition=Ready', 'ksvc', '--all', '--timeout=180s']);
  const tool = await service.tool();
  const url = await service.repository('static', await example('static'));
  // The benchmark measures a request that repeats the start of this build with the same Idempotency-Key, because a new
  // build would need processor time meanwhile.
  const key = `cold-start-${tool.name}`;
  const body = { source_url: url };
  const first = await tool.client.call('POST', tool.path('/builds'), { body, headers: { 'idempotency-key': key } });
  const { name: id } = first.json.new_build as { name: string };
  await tool.finished(id);
  const credential = [`x-toolforge-tool: ${tool.name}`, `x-toolforge-gateway-secret: ${secret}`];
  const path = (rest: string) => `/v1/tool/${tool.name}${rest}`;
  return [
    ...['bare', 'bare-without-token'].map((name) => ({
      name,
      url: `http://${name}.${namespace.name}.svc/`,
      headers: [],
    })),
    functionTarget('openapi', '/openapi.json', []),
    functionTarget('healthz', '/v1/healthz', []),
    functionTarget('list-builds', path('/builds'), credential),
    functionTarget('get-build', path(`/builds/${id}`), credential),
    functionTarget('quota', path('/quotas'), credential),
    functionTarget('get-logs', path(`/builds/${id}/logs`), credential),
    functionTarget('start-build', path('/builds'), [...credential, `idempotency-key: ${key}`], body),
  ];
};

const service = await openService();
try {
  console.log(table(await measure(service.namespace, await prepare(service), Number(process.argv[2] ?? 5))));
} finally {
  await service.close();
}
