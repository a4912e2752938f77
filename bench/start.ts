/**
 * Measures start-build beside raw creates of the same PipelineRun in one run: 20 of each in sequence, in turn, and 50
 * at once. No build runs meanwhile. Prints a table in Markdown.
 *   npm run bench:start               on KUBECONFIG's cluster with the service deployed for tests
 *   npm run bench:start -- embedded   on this machine, where writes are counted too; CAPACITY=n limits the slots
 */
import { randomBytes } from 'node:crypto';
import { sleep } from '../lib/abort.ts';
import type { BuildLedger } from '../lib/ledger/types.ts';
import type { PipelineRun } from '../lib/tekton/types.ts';
import { median } from '../test/support/quantile.ts';
import { millisecondsOf, openTarget, type Target } from './target.ts';

const sequence = 20;
const parallel = 50;
const suffix = randomBytes(3).toString('hex');
const tool = `bench-${suffix}`;
const finalizers: string[] = [];

type Times = { name: string; ours: number[]; raw: number[]; writes: number | undefined };

const start = async ({ call, repository }: Target): Promise<void> => {
  const { status, text } = await call(tool, 'POST', '/builds', { source_url: repository });
  if (status !== 200) throw new Error(`start: status ${status} instead of 200: ${text}`);
};

/** Returns a function that copies a PipelineRun, each time under another name. The copies belong to no tool. */
const copyOf = ({ apiVersion, kind, spec }: PipelineRun) => {
  let serial = 0;
  return (): PipelineRun => {
    serial += 1;
    const labels = { user: `raw-${suffix}` };
    return { apiVersion, kind, spec, metadata: { name: `raw-${suffix}-${serial}`, labels, finalizers } } as PipelineRun;
  };
};

const createLedger = ({ kube }: Target): Promise<unknown> =>
  kube.create<BuildLedger>('buildledgers', {
    apiVersion: 'builds.toolforge.org/v1alpha1',
    kind: 'BuildLedger',
    metadata: { name: tool },
    spec: { tool, limits: { running: 1000, queued: 1000 } },
  });

const inSequence = async (target: Target, raw: () => Promise<unknown>): Promise<Times> => {
  const times: Times = { name: `${sequence} in sequence`, ours: [], raw: [], writes: 0 };
  for (let at = 0; at < sequence; at += 1) {
    times.raw.push(await millisecondsOf(raw));
    target.writes();
    times.ours.push(await millisecondsOf(() => start(target)));
    const writes = target.writes();
    times.writes = writes === undefined ? undefined : (times.writes ?? 0) + writes / sequence;
  }
  return times;
};

const atOnce = async (target: Target, raw: () => Promise<unknown>): Promise<Times> => {
  const all = (act: () => Promise<unknown>) => Promise.all(Array.from({ length: parallel }, () => millisecondsOf(act)));
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
  const [oursMs, rawMs] = [median(ours), median(raw)];
  const counted = writes === undefined ? '' : writes.toFixed(2);
  return `| ${name} | ${oursMs.toFixed(0)} ms | ${rawMs.toFixed(0)} ms | ${(oursMs / rawMs).toFixed(2)} | ${counted} |`;
};

const clean = async (target: Target): Promise<void> => {
  const { kube, call } = target;
  const { text } = await call(tool, 'GET', '/builds');
  for (const { build_id } of (JSON.parse(text) as { builds?: { build_id: string }[] }).builds ?? [])
    await call(tool, 'DELETE', `/builds/${build_id}`);
  const { items } = await kube.list('pipelineruns', { labelSelector: `user=raw-${suffix}` });
  for (const { metadata } of items) await kube.remove('pipelineruns', metadata.name);
};

/**
 * Removes the ledger once no build runs, after at most 120 s. Tekton's controller first ends the runs that were
 * cancelled while the controller was stopped.
 */
const removeLedger = async ({ kube, call }: Target): Promise<void> => {
  for (let seconds = 0; seconds < 120; seconds += 1) {
    await call(tool, 'GET', '/builds');
    const { status } = await kube.get<BuildLedger>('buildledgers', tool);
    if ((status?.running?.length ?? 0) === 0) break;
    await sleep(1000);
  }
  await kube.remove('buildledgers', tool);
};

const target = await openTarget();
try {
  await createLedger(target);
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
  if (target.writes() === undefined) await removeLedger(target);
} finally {
  await target.close();
}
