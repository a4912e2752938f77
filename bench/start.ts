/**
 * How long starting a build takes, beside raw creates of the same PipelineRun in the same run: 20 in sequence in turns,
 * and 50 at once. Nothing is built meanwhile. Prints a table in Markdown.
 *   npm run bench:start               on KUBECONFIG's cluster, where knative/overlays/test is deployed
 *   npm run bench:start -- embedded   on this machine, where writes are counted too; CAPACITY=n as on a cluster
 */
import { randomBytes } from 'node:crypto';
import type { BuildLedger } from '../lib/ledger/types.ts';
import type { PipelineRun } from '../lib/tekton/types.ts';
import { median } from '../test/support/quantile.ts';
import { openTarget, type Target, timed } from './target.ts';

const sequence = 20;
const parallel = 50;
const suffix = randomBytes(3).toString('hex');
const tool = `bench-${suffix}`;
const finalizers: string[] = [];

type Times = { name: string; ours: number[]; raw: number[]; writes: number | undefined };

const start = async ({ call, repository }: Target): Promise<void> => {
  const { status, text } = await call(tool, 'POST', '/builds', { source_url: repository });
  if (status !== 200) throw new Error(`start was answered with ${status}: ${text}`);
};

/** The run of a build, under other names and of no tool. */
const copyOf = ({ apiVersion, kind, spec }: PipelineRun) => {
  let serial = 0;
  return (): PipelineRun => {
    serial += 1;
    const labels = { user: `raw-${suffix}` };
    return { apiVersion, kind, spec, metadata: { name: `raw-${suffix}-${serial}`, labels, finalizers } } as PipelineRun;
  };
};

const allow = ({ kube }: Target): Promise<unknown> =>
  kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: tool },
    spec: { tool, limits: { running: 1000, queued: 1000 } },
  });

const inSequence = async (target: Target, raw: () => Promise<unknown>): Promise<Times> => {
  const times: Times = { name: `${sequence} in sequence`, ours: [], raw: [], writes: 0 };
  for (let at = 0; at < sequence; at += 1) {
    times.raw.push(await timed(raw));
    target.writes();
    times.ours.push(await timed(() => start(target)));
    const writes = target.writes();
    times.writes = writes === undefined ? undefined : (times.writes ?? 0) + writes / sequence;
  }
  return times;
};

const atOnce = async (target: Target, raw: () => Promise<unknown>): Promise<Times> => {
  const all = (act: () => Promise<unknown>) => Promise.all(Array.from({ length: parallel }, () => timed(act)));
  const rawTimes = await all(raw);
  target.writes();
  const ours = await all(() => start(target));
  const writes = target.writes();
  return {
    name: `${parallel} at once`,
    ours,
    raw: rawTimes,
    writes: writes === undefined ? undefined : writes / parallel,
  };
};

const row = ({ name, ours, raw, writes }: Times): string => {
  const [mine, theirs] = [median(ours), median(raw)];
  const counted = writes === undefined ? '' : writes.toFixed(2);
  return `| ${name} | ${mine.toFixed(0)} ms | ${theirs.toFixed(0)} ms | ${(mine / theirs).toFixed(2)} | ${counted} |`;
};

const clean = async (target: Target): Promise<void> => {
  const { kube, call } = target;
  const { text } = await call(tool, 'GET', '/builds');
  for (const { build_id } of (JSON.parse(text) as { builds?: { build_id: string }[] }).builds ?? [])
    await call(tool, 'DELETE', `/builds/${build_id}`);
  const { items } = await kube.list('pipelineruns', { labelSelector: `user=raw-${suffix}` });
  for (const { metadata } of items) await kube.remove('pipelineruns', metadata.name);
};

/** Tekton ends what was cancelled while it slept; the sweep after that lets it go, and then the ledger is empty. */
const forget = async ({ kube, call }: Target): Promise<void> => {
  for (let tries = 0; tries < 120; tries += 1) {
    await call(tool, 'GET', '/builds');
    const { status } = await kube.get<BuildLedger>('buildledgers', tool);
    if ((status?.running?.length ?? 0) === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await kube.remove('buildledgers', tool);
};

const target = await openTarget();
try {
  await allow(target);
  await target.withoutBuilds(async () => {
    try {
      for (let warm = 0; warm < 5; warm += 1) await start(target);
      const [run] = (await target.kube.list<PipelineRun>('pipelineruns', { labelSelector: `user=${tool}` })).items;
      if (!run) throw new Error('a start made no run');
      const copy = copyOf(run);
      const raw = () => target.kube.create('pipelineruns', copy());
      await raw();
      const rows = [await inSequence(target, raw), await atOnce(target, raw)].map(row);
      const head = '| starts | p50 | raw create, p50 | ratio | writes of a start |';
      console.log([`On ${target.name}:`, '', head, '|---|---|---|---|---|', ...rows].join('\n'));
    } finally {
      await clean(target);
    }
  });
  if (target.writes() === undefined) await forget(target);
} finally {
  await target.close();
}
