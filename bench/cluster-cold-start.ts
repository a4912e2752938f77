/**
 * How long the first call takes after scale to zero, for functions and for a bare Node server as a Knative Service, in
 * one run: KUBECONFIG names a cluster on which knative/overlays/test is deployed. Prints a table in Markdown.
 *   npm run bench:cluster-cold-start [-- ROUNDS]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { securityContext } from '../lib/logs/archive/archiver-job.ts';
import { siteFolder } from '../scripts/test-overlay.ts';
import '../test/e2e/site.js';
import { kubectl, type Namespace } from '../test/e2e/pipeline/cluster.ts';
import { example } from '../test/e2e/pipeline/git-pod.ts';
import { builds, openService } from '../test/e2e/service/service.ts';

const server =
  "process.once('SIGTERM', () => process.exit()); require('node:http').createServer((_, res) => res.end('ok')).listen(8080)";

/**
 * The same image and the same limits as a function's; only the program differs. As Kubernetes has it by default, and as a
 * function needs it, with its account's token; or without that volume.
 */
const bare = (name: string, image: string, withToken: boolean) => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name, labels: { 'networking.knative.dev/visibility': 'cluster-local' } },
  spec: {
    template: {
      spec: {
        enableServiceLinks: false,
        // Knative refuses true, which is what nothing means.
        ...(withToken ? {} : { automountServiceAccountToken: false }),
        containers: [
          { image, args: ['-e', server], securityContext, resources: { requests: { cpu: '20m', memory: '96Mi' } } },
        ],
      },
    },
  },
});

type Target = { name: string; url: string; headers: string[]; body?: string };

/** With a body it is a POST. */
const functionTarget = (name: string, path: string, headers: string[], body?: object): Target => ({
  name,
  url: `http://${name}.${builds}.svc.cluster.local${path}`,
  headers,
  ...(body ? { body: JSON.stringify(body) } : {}),
});

const countPods = async (): Promise<number> => {
  const words = ['get', 'pods', '--all-namespaces', '-l', 'serving.knative.dev/service', '-o', 'name'];
  return (await kubectl(words)).split('\n').filter((line) => line !== '').length;
};

const waitForZero = async (): Promise<void> => {
  for (const end = Date.now() + 300_000; (await countPods()) > 0; await delay(2000)) {
    if (Date.now() > end) throw new Error('functions do not scale to zero');
  }
};

/** @returns milliseconds until the whole answer */
const call = async (namespace: Namespace, { url, headers, body }: Target): Promise<number> => {
  const sent = body ? ['--header', 'content-type: application/json', '--data', body] : [];
  const options = [...headers.flatMap((header) => ['--header', header]), ...sent];
  const write = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code} %{time_total}'];
  const answer = await namespace.kubectl(['exec', 'git', '--', 'curl', ...write, ...options, url]);
  const [status, seconds] = answer.split(' ');
  if (status !== '200') throw new Error(`${url} was answered with ${status}`);
  return Number(seconds) * 1000;
};

const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.floor(sorted.length / 2)] ?? 0)) / 2;
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
    // Each is first in turn: whoever is first also wakes the activator.
    for (const target of rotated(targets, round)) {
      // Until the pod before is through with its own start: else who comes after a slow one is slow.
      await delay(5000);
      times.get(target.name)?.push(await call(namespace, target));
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
  const head = ['| service | first call from zero (median) | against bare | all |', '|---|---|---|---|'];
  return [...head, ...rows].join('\n');
};

const main = async (): Promise<void> => {
  const rounds = Number(process.argv[2] ?? 5);
  const secret = (await readFile(join(siteFolder, 'secret'), 'utf8')).trim();
  const image = await kubectl([
    'get',
    'ksvc',
    'openapi',
    '-n',
    builds,
    '-o',
    'jsonpath={.spec.template.spec.containers[0].image}',
  ]);
  const service = await openService();
  const { namespace } = service;
  try {
    await namespace.apply(bare('bare', image, true), bare('bare-without-token', image, false));
    await namespace.kubectl(['wait', '--for=condition=Ready', 'ksvc', '--all', '--timeout=180s']);
    const tool = await service.tool();
    const url = await service.repository('static', await example('static'));
    // The measured start is a repetition of this one: another build would take the processor meanwhile.
    const key = `cold-start-${tool.name}`;
    const first = { body: { source_url: url }, headers: { 'idempotency-key': key } };
    const { json } = await tool.client.call('POST', tool.path('/builds'), first);
    const { name: id } = json.new_build as { name: string };
    await tool.finished(id);
    const proof = [`x-toolforge-tool: ${tool.name}`, `x-toolforge-gateway-secret: ${secret}`];
    const path = (rest: string) => `/v1/tool/${tool.name}${rest}`;
    const targets: Target[] = [
      ...['bare', 'bare-without-token'].map((name) => ({
        name,
        url: `http://${name}.${namespace.name}.svc.cluster.local/`,
        headers: [],
      })),
      functionTarget('openapi', '/openapi.json', []),
      functionTarget('healthz', '/v1/healthz', []),
      functionTarget('list-builds', path('/builds'), proof),
      functionTarget('get-build', path(`/builds/${id}`), proof),
      functionTarget('quota', path('/quotas'), proof),
      functionTarget('get-logs', path(`/builds/${id}/logs`), proof),
      functionTarget('start-build', path('/builds'), [...proof, `idempotency-key: ${key}`], first.body),
    ];
    console.log(table(await measure(namespace, targets, rounds)));
  } finally {
    await service.close();
  }
};

await main();
