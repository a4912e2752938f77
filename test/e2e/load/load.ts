import { setTimeout as delay } from 'node:timers/promises';
import { sleepUntilAborted } from '../../../lib/abort.ts';
import { readSettings } from '../../../lib/config/settings.ts';
import { kubeFromSettings, kubeSettings } from '../../../lib/kube/from-settings.ts';
import type { BuildLedger, BuildRecord } from '../../../lib/ledger/types.ts';
import { retry } from '../../../lib/retry.ts';
import { hasRunEnded } from '../../../lib/tekton/status.ts';
import type { PipelineRun } from '../../../lib/tekton/types.ts';
import { settingNamesByFunction } from '../../../scripts/generate/setting-names.ts';
import { type Json, waitTimeout } from '../pipeline/cluster.ts';
import type { Files } from '../pipeline/git-pod.ts';
import { builds, type Service, type Tool, until } from '../service/service.ts';
import { setPolicySettings } from '../service/settings.ts';

/** Files of a repository that no buildpack recognises, so its build ends right after cloning. */
export const unwanted: Files = { 'nothing.txt': 'No buildpack recognises this.\n' };

type Sample = {
  /** Largest number of runs that were unfinished at one time: of all tools, and of each tool. */
  most: { all: number; byTool: Map<string, number> };
  /** Names of runs in the order in which they were created. */
  created: string[];
};

export type Watch = Sample & { close: () => Promise<void> };

/** Counts the unfinished runs of some tools at every change of a run, until `close` is called. */
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
    // The API server ends a watch from time to time. The next watch continues at the last resourceVersion.
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

/** Creates a tool's ledger with the given limits, and with room for all builds that the tests finish. */
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

/** Waits up to `ms` milliseconds until no build of some tools runs or is queued. @returns the finished builds */
export const allFinished = async (service: Service, tools: readonly Tool[], ms: number): Promise<BuildRecord[]> => {
  const isIdle = ({ status }: BuildLedger) => !status?.running?.length && !status?.queued?.length;
  const allIdle = async () => {
    // The ledgers are read every five seconds only, because the cluster is already under load.
    await delay(5000);
    return (await ledgersOf(service, tools)).every(isIdle);
  };
  await until('all builds have ended', allIdle, ms);
  return (await ledgersOf(service, tools)).flatMap(({ status }) => status?.finished ?? []);
};

/** Returns the ids of overtaken builds: a build of the same tool was accepted later, but started earlier. */
export const overtaken = ({ status }: BuildLedger): string[] => {
  const builds = (status?.finished ?? []).toSorted((a, b) => (a.acceptedAt < b.acceptedAt ? -1 : 1));
  return builds.flatMap(({ id, acceptedAt, startedAt = '' }, at) =>
    builds.slice(at + 1).some((later) => later.acceptedAt > acceptedAt && (later.startedAt ?? '') < startedAt)
      ? [id]
      : [],
  );
};

/**
 * Tolerance in milliseconds when times of builds are compared. The slot of an ended build is free only once a function
 * has observed the build's end.
 */
const toleranceMs = 15_000;

const ranAt = (build: BuildRecord, at: number): boolean =>
  Date.parse(build.startedAt ?? '') < at && Date.parse(build.finishedAt ?? '') > at + toleranceMs;

/** Returns the ids of builds that got a second slot for their tool, although a tool without a slot waited for 15 s. */
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
      .filter((build) => {
        const at = Date.parse(build.startedAt ?? '');
        return all.some((other) => other !== build && ranAt(other, at)) && firsts.some((first) => waited(first, at));
      })
      .map(({ id }) => id);
  });
};

type Deployed = { metadata: { name: string }; spec: { template: { spec: { containers: { env?: Json[] }[] } } } };

/** Names of the functions that read the setting CAPACITY. */
const capacityReaders = [...(await settingNamesByFunction())]
  .filter(([, settingNames]) => settingNames.includes('capacity'))
  .map(([name]) => name);

/** Runs `work` while the functions are deployed with another value of the setting CAPACITY. */
export const withCapacity = async <T>(service: Service, capacity: number, work: () => Promise<T>): Promise<T> => {
  const { items } = JSON.parse(await service.kubectl(['get', 'ksvc', '-o', 'json'])) as { items: Deployed[] };
  const functions = items.filter(({ metadata }) => capacityReaders.includes(metadata.name));
  const environment = async (of: (env: Json[]) => Json[]): Promise<void> => {
    for (const { metadata, spec } of functions) {
      const value = of(spec.template.spec.containers[0]?.env ?? []);
      const patch = [{ op: 'add', path: '/spec/template/spec/containers/0/env', value }];
      await service.kubectl(['patch', 'ksvc', metadata.name, '--type=json', '-p', JSON.stringify(patch)]);
    }
    // Knative's condition Ready describes the old revision until the controller has observed a change, so the test
    // first waits until the change is observed.
    const isObserved = async () => {
      const { items: now } = JSON.parse(await service.kubectl(['get', 'ksvc', '-o', 'json'])) as {
        items: { metadata: { generation: number }; status: { observedGeneration: number } }[];
      };
      return now.every(({ metadata, status }) => status.observedGeneration === metadata.generation);
    };
    await until('the change is observed', isObserved);
    await service.kubectl(['wait', 'ksvc', '--all', '--for=condition=Ready', waitTimeout]);
    // The test waits until old pods are gone, because they run with the former value of CAPACITY.
    await until('old pods are gone', async () => (await oldPods(service)) === 0);
  };
  // An archiver must have the capacity that the admission policies have.
  const former = await setPolicySettings({ CAPACITY: String(capacity) });
  try {
    const others = (env: Json[]) => env.filter(({ name }) => name !== 'CAPACITY');
    await environment((env) => [...others(env), { name: 'CAPACITY', value: String(capacity) }]);
    return await work();
  } finally {
    await setPolicySettings(former);
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

const attempts = 40;

/** Thrown when a start of a build was neither accepted nor refused, so that the client sends the request again. */
class NoResponse extends Error {
  override readonly name = 'NoResponse';
  readonly started: Started;

  constructor(started: Started) {
    super(`the start got status ${started.status}: ${started.text}`);
    this.started = started;
  }
}

const sendStart = async (tool: Tool, url: string, key: string): Promise<Started> => {
  const headers = { 'Idempotency-Key': key };
  const { status, json, text } = await tool.client
    .call('POST', tool.path('/builds'), { body: { source_url: url }, headers })
    .catch((error: unknown) => ({ status: 503, json: {} as Json, text: String(error) }));
  const build = json.new_build as { name: string; queue_position?: number } | undefined;
  const started = { tool, status, id: build?.name ?? '', position: build?.queue_position ?? 0, text };
  if (status >= 500 || status === 409) throw new NoResponse(started);
  return started;
};

/** Starts a build. The request is retried with the same Idempotency-Key after 409, 5xx and a broken connection. */
export const startOnce = async (tool: Tool, url: string, key: string): Promise<Started> => {
  const isTemporary = (error: unknown): boolean => error instanceof NoResponse;
  const delayMs = () => 1000 + Math.random() * 2000;
  try {
    return await retry({ attempts, delayMs, isTemporary }, () => sendStart(tool, url, key));
  } catch (error) {
    if (error instanceof NoResponse) return error.started;
    throw error;
  }
};

/** Deletes a random pod of the functions every five seconds. @returns a function that stops the deletions */
export const killFunctions = (service: Service): (() => Promise<void>) => {
  const stop = new AbortController();
  const killing = (async () => {
    while (!stop.signal.aborted) {
      await sleepUntilAborted(5000, stop.signal);
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
