/**
 * How long listing builds takes, beside a raw list of as many PipelineRuns in the same run, in turns. Nothing is built
 * meanwhile. Prints a table in Markdown.
 *   npm run bench:list               on KUBECONFIG's cluster, where knative/overlays/test is deployed
 *   npm run bench:list -- embedded   on this machine
 */
import { randomBytes } from 'node:crypto';
import type { BuildLedger, BuildRecord } from '../lib/ledger/types.ts';
import { pipelineRun } from '../lib/tekton/run.ts';
import type { PipelineRun } from '../lib/tekton/types.ts';
import { median } from '../test/support/quantile.ts';
import { openTarget, type Target, timed } from './target.ts';

const sizes = [10, 200, 1000];
const rounds = 20;
const suffix = randomBytes(3).toString('hex');

const runSettings = {
  pipeline: 'buildpacks',
  builderImage: 'b',
  runImage: 'r',
  serviceAccount: 's',
  timeout: '1h0m0s',
};

const entryOf = (tool: string, at: number): BuildRecord => ({
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

const fill = async ({ kube }: Target, tool: string, size: number): Promise<void> => {
  const made = await kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: tool },
    spec: { tool, limits: { succeeded: Math.min(size, 999) } },
  });
  const finished = Array.from({ length: size }, (_, at) => entryOf(tool, at)).reverse();
  await kube.replaceStatus<BuildLedger>('buildledgers', { ...made, status: { running: [], queued: [], finished } });
};

/** Of no tool, and born cancelled: whatever Tekton does, it starts nothing. */
const fillRaw = async ({ kube }: Target, tool: string, size: number): Promise<void> => {
  for (let at = 0; at < size; at += 20) {
    const some = Array.from({ length: Math.min(20, size - at) }, (_, nth) => entryOf(`raw-${tool}`, at + nth));
    const runs = some.map((entry): PipelineRun => {
      const run = pipelineRun(entry, '', `raw-${tool}`, runSettings, true);
      return { ...run, metadata: { name: entry.id, labels: { user: `raw-${tool}` } } };
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
  if (listed !== size) throw new Error(`list was answered with ${status} and ${listed} builds`);
};

const measure = async (target: Target, size: number): Promise<string> => {
  const tool = `bench-${suffix}-${size}`;
  try {
    await fill(target, tool, size);
    await fillRaw(target, tool, size);
    const raw = () => target.kube.list('pipelineruns', { labelSelector: `user=raw-${tool}` });
    const times = { ours: [] as number[], raw: [] as number[] };
    // A function that has just started runs code that is not compiled yet; the API server has run for long.
    for (let warm = 0; warm < 50; warm += 1) {
      await list(target, tool, size);
      await raw();
    }
    for (let round = 0; round < rounds; round += 1) {
      times.raw.push(await timed(raw));
      times.ours.push(await timed(() => list(target, tool, size)));
    }
    const [ours, theirs] = [median(times.ours), median(times.raw)];
    return `| ${size} | ${ours.toFixed(1)} ms | ${theirs.toFixed(1)} ms | ${(ours / theirs).toFixed(2)} |`;
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
