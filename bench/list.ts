/**
 * Measures list-builds beside a raw list of as many PipelineRuns. Both take turns in one run, and no build runs
 * meanwhile. Prints a table in Markdown.
 *   npm run bench:list               on KUBECONFIG's cluster with the service deployed for tests
 *   npm run bench:list -- embedded   on this machine, against the embedded Kubernetes API
 */
import { randomBytes } from 'node:crypto';
import type { BuildLedger, BuildRecord } from '../lib/ledger/types.ts';
import { pipelineRun } from '../lib/tekton/run.ts';
import type { PipelineRun } from '../lib/tekton/types.ts';
import { median } from '../test/support/quantile.ts';
import { millisecondsOf, openTarget, type Target } from './target.ts';

const sizes = [10, 200, 1000];
const rounds = 20;
const suffix = randomBytes(3).toString('hex');

const runSettings = {
  pipeline: 'toolforge-builds',
  versions: { default: { builder: 'b', runner: 'r' } },
  imageHost: 'registry.example.org',
  serviceAccount: 's',
  timeout: '1h0m0s',
};

const buildRecord = (tool: string, at: number): BuildRecord => ({
  id: `${tool}-buildpacks-pipelinerun-${String(at).padStart(5, '0')}`,
  parameters: {
    source_url: 'https://example.org/repository.git',
    ref: 'main',
    envvars: {},
    image_name: `tool-${tool}`,
  },
  sourceUrl: 'https://example.org/repository.git',
  commit: 'a'.repeat(40),
  image: `registry.example.org/tool-${tool}/tool-${tool}:latest`,
  acceptedAt: new Date(1_700_000_000_000 + at * 1000).toISOString(),
  startedAt: new Date(1_700_000_000_000 + at * 1000).toISOString(),
  finishedAt: new Date(1_700_000_100_000 + at * 1000).toISOString(),
  status: 'BUILD_SUCCESS',
  message: 'The build succeeded.',
  log: 'complete',
});

const createLedger = async ({ kube }: Target, tool: string, size: number): Promise<void> => {
  const created = await kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: tool },
    spec: { tool, limits: { succeeded: Math.min(size, 999) } },
  });
  const finished = Array.from({ length: size }, (_, at) => buildRecord(tool, at)).reverse();
  await kube.replaceStatus<BuildLedger>('buildledgers', { ...created, status: { running: [], queued: [], finished } });
};

/** Creates PipelineRuns that belong to no tool. Each run is created as cancelled, so Tekton starts no pod. */
const createRuns = async ({ kube }: Target, tool: string, size: number): Promise<void> => {
  for (let at = 0; at < size; at += 20) {
    const records = Array.from({ length: Math.min(20, size - at) }, (_, nth) => buildRecord(`raw-${tool}`, at + nth));
    const runs = records.map((record): PipelineRun => {
      const run = pipelineRun(record, tool, `raw-${tool}`, runSettings, true);
      return { ...run, metadata: { name: record.id, labels: { user: `raw-${tool}` } } };
    });
    await Promise.all(runs.map((run) => kube.create('pipelineruns', run)));
  }
};

const clean = async ({ kube }: Target, tool: string): Promise<void> => {
  await kube.remove('buildledgers', tool).catch(() => undefined);
  const { items } = await kube.list('pipelineruns', { labelSelector: `user=raw-${tool}` });
  for (const { metadata } of items) await kube.remove('pipelineruns', metadata.name);
};

const list = async ({ call }: Target, tool: string, size: number): Promise<void> => {
  const { status, text } = await call(tool, 'GET', '/builds');
  const listed = status === 200 ? (JSON.parse(text) as { builds: unknown[] }).builds.length : 0;
  if (listed !== size)
    throw new Error(`list: status ${status} with ${listed} builds instead of ${size}: ${text.slice(0, 300)}`);
};

const measure = async (target: Target, size: number): Promise<string> => {
  const tool = `bench-${suffix}-${size}`;
  try {
    await createLedger(target, tool, size);
    await createRuns(target, tool, size);
    const raw = () => target.kube.list('pipelineruns', { labelSelector: `user=raw-${tool}` });
    const times = { ours: [] as number[], raw: [] as number[] };
    // Fifty rounds run unmeasured first, because a function that has just started has not compiled its code yet, while
    // the API server has run for long.
    for (let warm = 0; warm < 50; warm += 1) {
      await list(target, tool, size);
      await raw();
    }
    for (let round = 0; round < rounds; round += 1) {
      times.raw.push(await millisecondsOf(raw));
      times.ours.push(await millisecondsOf(() => list(target, tool, size)));
    }
    const [ours, rawMs] = [median(times.ours), median(times.raw)];
    return `| ${size} | ${ours.toFixed(1)} ms | ${rawMs.toFixed(1)} ms | ${(ours / rawMs).toFixed(2)} |`;
  } finally {
    await clean(target, tool);
  }
};

const target = await openTarget();
try {
  await target.withoutBuilds(async () => {
    const rows: string[] = [];
    for (const size of sizes) rows.push(await measure(target, size));
    const head = '| builds | list, p50 | raw list, p50 | ratio |';
    console.log([`On ${target.name}:`, '', head, '|---|---|---|---|', ...rows].join('\n'));
  });
} finally {
  await target.close();
}
