import { setTimeout as delay } from 'node:timers/promises';
import { readSettings } from '../../../lib/config/settings.ts';
import { kubeFromSettings, kubeSettings } from '../../../lib/kube/from-settings.ts';
import type { BuildLedger, BuildRecord } from '../../../lib/ledger/types.ts';
import { hasRunEnded } from '../../../lib/tekton/status.ts';
import type { PipelineRun } from '../../../lib/tekton/types.ts';
import { type Json, patience } from '../pipeline/cluster.ts';
import type { Files } from '../pipeline/git-pod.ts';
import { builds, type Service, type Tool, until } from '../service/service.ts';

/** The shortest build there is: its source is fetched, and no buildpack wants it. */
export const unwanted: Files = { 'nothing.txt': 'No buildpack recognises this.\n' };

export type Sample = {
  /** Most runs that had not ended, at once: in all, and of each tool. */
  most: { all: number; byTool: Map<string, number> };
  /** Names of runs in the order in which they were created. */
  created: string[];
};

export type Watch = Sample & { close: () => Promise<void> };

/** Counts the runs of these tools that have not ended, at every change there is, from now on. */
export const watchRuns = async (tools: readonly Tool[]): Promise<Watch> => {
  const kube = await kubeFromSettings({ ...readSettings(kubeSettings), namespace: builds });
  const names = new Set(tools.map(({ name }) => name));
  const live = new Map<string, string>();
  const sample: Sample = { most: { all: 0, byTool: new Map() }, created: [] };
  const stop = new AbortController();
  const take = (type: string, run: PipelineRun): void => {
    const tool = run.metadata.labels?.user ?? '';
    if (!names.has(tool)) return;
    const { name } = run.metadata;
    if (!sample.created.includes(name)) sample.created.push(name);
    if (type === 'DELETED' || hasRunEnded(run)) live.delete(name);
    else live.set(name, tool);
    const own = [...live.values()].filter((other) => other === tool).length;
    sample.most.all = Math.max(sample.most.all, live.size);
    sample.most.byTool.set(tool, Math.max(sample.most.byTool.get(tool) ?? 0, own));
  };
  let { resourceVersion = '' } = (await kube.list<PipelineRun>('pipelineruns')).metadata;
  const watchOnce = async (): Promise<void> => {
    const options = { resourceVersion, timeoutSeconds: 240, signal: stop.signal };
    for await (const { type, object } of kube.watch<PipelineRun>('pipelineruns', options)) {
      resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
      if (type !== 'BOOKMARK') take(type, object);
    }
  };
  const watching = (async () => {
    // A watch ends by itself from time to time, and goes on where it was: nothing is missed.
    while (!stop.signal.aborted) await watchOnce();
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    ...sample,
    close: async () => {
      stop.abort();
      kube.close();
      await watching;
    },
  };
};

/** A tool's ledger with limits of its own, and room for all that these tests finish. */
export const withLimits = (service: Service, tool: Tool, limits: object): Promise<string> =>
  service.kubectl(
    ['create', '-f', '-'],
    JSON.stringify({
      apiVersion: 'builds.toolforge.org/v1alpha1',
      kind: 'BuildLedger',
      metadata: { name: tool.name },
      spec: { tool: tool.name, limits: { succeeded: 100, failed: 100, ...limits } },
    }),
  );

export const ledgersOf = async (service: Service, tools: readonly Tool[]): Promise<BuildLedger[]> => {
  const { items } = JSON.parse(await service.kubectl(['get', 'buildledgers', '-o', 'json'])) as {
    items: BuildLedger[];
  };
  return items.filter(({ spec }) => tools.some(({ name }) => name === spec.tool));
};

/** Until nothing runs or waits. @returns what has finished */
export const allFinished = async (service: Service, tools: readonly Tool[], ms: number): Promise<BuildRecord[]> => {
  const isIdle = ({ status }: BuildLedger) => !status?.running?.length && !status?.queued?.length;
  const allIdle = async () => {
    // Asking is work for the cluster, which has enough to do.
    await delay(5000);
    return (await ledgersOf(service, tools)).every(isIdle);
  };
  await until('all builds have ended', allIdle, ms);
  return (await ledgersOf(service, tools)).flatMap(({ status }) => status?.finished ?? []);
};

/** Entries that got their slot after one of the same ledger that was accepted later. */
export const overtaken = ({ status }: BuildLedger): string[] => {
  const entries = (status?.finished ?? []).toSorted((a, b) => (a.acceptedAt < b.acceptedAt ? -1 : 1));
  return entries.flatMap(({ id, acceptedAt, startedAt = '' }, at) =>
    entries.slice(at + 1).some((later) => later.acceptedAt > acceptedAt && (later.startedAt ?? '') < startedAt)
      ? [id]
      : [],
  );
};

/** What the order of events may blur: a slot is given on when its end is noticed. */
const toleranceMs = 15_000;

const ran = (entry: BuildRecord, at: number): boolean =>
  Date.parse(entry.startedAt ?? '') < at && Date.parse(entry.finishedAt ?? '') > at + toleranceMs;

/** Builds that got a slot beside another of their tool while a tool without any had waited for long. */
export const unfair = (ledgers: readonly BuildLedger[]): string[] => {
  const firsts = ledgers.flatMap(
    ({ status }) =>
      (status?.finished ?? []).toSorted((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1))[0] ?? [],
  );
  const waited = (first: BuildRecord, at: number) =>
    Date.parse(first.acceptedAt) + toleranceMs < at && Date.parse(first.startedAt ?? '') > at + toleranceMs;
  return ledgers.flatMap(({ status }) => {
    const all = status?.finished ?? [];
    return all
      .filter((entry) => {
        const at = Date.parse(entry.startedAt ?? '');
        return all.some((other) => other !== entry && ran(other, at)) && firsts.some((first) => waited(first, at));
      })
      .map(({ id }) => id);
  });
};

type Deployed = { metadata: { name: string }; spec: { template: { spec: { containers: { env?: Json[] }[] } } } };

/** Those that promote builds; the others have nothing to do with it. */
const promoters =
  /^(start-build|list-builds|get-build|get-logs|cancel-build|delete-build|finish-build|archive-logs|sweep|metrics)$/;

/** What is done while the functions are deployed with a capacity. */
export const withCapacity = async <T>(service: Service, capacity: number, work: () => Promise<T>): Promise<T> => {
  const { items } = JSON.parse(await service.kubectl(['get', 'ksvc', '-o', 'json'])) as { items: Deployed[] };
  const functions = items.filter(({ metadata }) => promoters.test(metadata.name));
  const environment = async (of: (env: Json[]) => Json[]): Promise<void> => {
    for (const { metadata, spec } of functions) {
      const value = of(spec.template.spec.containers[0]?.env ?? []);
      const patch = [{ op: 'add', path: '/spec/template/spec/containers/0/env', value }];
      await service.kubectl(['patch', 'ksvc', metadata.name, '--type=json', '-p', JSON.stringify(patch)]);
    }
    // Until the change is seen, what was ready before still says so.
    const isObserved = async () => {
      const { items: now } = JSON.parse(await service.kubectl(['get', 'ksvc', '-o', 'json'])) as {
        items: { metadata: { generation: number }; status: { observedGeneration: number } }[];
      };
      return now.every(({ metadata, status }) => status.observedGeneration === metadata.generation);
    };
    await until('the change is seen', isObserved);
    await service.kubectl(['wait', 'ksvc', '--all', '--for=condition=Ready', patience]);
    // Pods of the revision before know nothing of the capacity.
    await until('old pods are gone', async () => (await oldPods(service)) === 0);
  };
  await environment((env) => [...env, { name: 'CAPACITY', value: String(capacity) }]);
  try {
    return await work();
  } finally {
    await environment((env) => env);
  }
};

type Labelled = {
  items: { metadata: { labels: Record<string, string> }; status?: { latestReadyRevisionName?: string } }[];
};

const oldPods = async (service: Service): Promise<number> => {
  const json = async (...words: string[]) =>
    JSON.parse(await service.kubectl(['get', ...words, '-o', 'json'])) as Labelled;
  const [pods, functions] = [await json('pods', '-l', 'serving.knative.dev/service'), await json('ksvc')];
  const latest = new Set(functions.items.map(({ status }) => status?.latestReadyRevisionName));
  return pods.items.filter(({ metadata }) => !latest.has(metadata.labels['serving.knative.dev/revision'])).length;
};

export type Started = { tool: Tool; status: number; id: string; position: number; text: string };

const tries = 40;

/** One start that is repeated under its key as long as nobody answers it, as clients do. */
export const startOnce = async (tool: Tool, url: string, key: string): Promise<Started> => {
  const headers = { 'Idempotency-Key': key };
  for (let tried = 1; ; tried += 1) {
    const answer = await tool.client
      .call('POST', tool.path('/builds'), { body: { source_url: url }, headers })
      .catch((error: unknown) => ({ status: 503, json: {} as Json, text: String(error) }));
    const { status, json, text } = answer;
    const build = json.new_build as { name: string; queue_position?: number } | undefined;
    const isAnswered = status < 500 && status !== 409;
    if (isAnswered || tried >= tries)
      return { tool, status, id: build?.name ?? '', position: build?.queue_position ?? 0, text };
    await delay(1000 + Math.random() * 2000);
  }
};

/** Deletes one pod of a function every five seconds. */
export const killFunctions = (service: Service): (() => Promise<void>) => {
  const stop = new AbortController();
  const killing = (async () => {
    while (!stop.signal.aborted) {
      await delay(5000, undefined, { signal: stop.signal }).catch(() => undefined);
      const words = ['get', 'pods', '-l', 'serving.knative.dev/service', '-o', 'name'];
      const pods = (await service.kubectl(words)).split('\n').filter(Boolean);
      const pod = pods[Math.floor(Math.random() * pods.length)];
      if (pod) await service.kubectl(['delete', pod, '--grace-period=1', '--wait=false']).catch(() => undefined);
    }
  })();
  return async () => {
    stop.abort();
    await killing;
  };
};
