import { isDeepStrictEqual } from 'node:util';
import type { StartContext } from '../../../../lib/builds/start.ts';
import type { BuildCapacity } from '../../../../lib/capacity/types.ts';
import type { Kube } from '../../../../lib/kube/client.ts';
import { KubeError } from '../../../../lib/kube/kube-error.ts';
import type { KubeObject } from '../../../../lib/kube/resources.ts';
import type { BuildLedger, BuildRecord, Limits } from '../../../../lib/ledger/types.ts';
import { hasRunEnded } from '../../../../lib/tekton/status.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { startContext } from './context.ts';

/** Something that a client waits for: a request on its way, or its answer. */
type Step = { owner: Instance; run: () => void };

/** One pod of a function: what it folds is its own, and it may be killed between any two requests. */
export type Instance = { context: StartContext; killed: boolean };

export type World = {
  instance: (options?: { skewMs?: number; unhurried?: boolean }) => Instance;
  /** What is on its way may still arrive; nobody hears the answer. */
  kill: (instance: Instance, dropped: (at: number) => boolean) => void;
  /** Lets one thing happen of those that may, or of those of one instance. @returns false when there is none */
  step: (at: number, owner?: Instance) => Promise<boolean>;
  endRun: (at: number) => void;
  /** From now on runs that are let go are gone. Before, whoever is held up for long finds their names taken. */
  settle: () => void;
  liveRuns: () => PipelineRun[];
  /** Somebody deletes a tool's ledger. */
  forget: (tool: string) => void;
  ledger: (tool: string) => BuildLedger | undefined;
  capacity: () => BuildCapacity | undefined;
  /** Most runs at once, in all and by tool. */
  most: { all: number; byTool: Map<string, number> };
  /** Promotions that overtook somebody of their own tool. */
  overtaken: string[];
  writes: string[];
};

const limits: Limits = { running: 2, queued: 5, succeeded: 1000, failed: 1000 };

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const copy = <T>(value: T): T => structuredClone(value);

const keyOf = (resource: string, name: string): string => `${resource}/${name}`;

const ids = (entries: readonly BuildRecord[] = []): string[] => entries.map(({ id }) => id);

/** Who was promoted while one that was queued before it still waits. */
const overtakers = (before: BuildLedger, after: BuildLedger): string[] => {
  const [was, waits] = [ids(before.status?.queued), new Set(ids(after.status?.queued))];
  const running = ids(after.status?.running).filter((id) => !ids(before.status?.running).includes(id));
  return running.filter((id) => {
    const at = was.indexOf(id);
    return was.slice(0, at < 0 ? was.length : at).some((earlier) => waits.has(earlier));
  });
};

/** Kubernetes in memory, as far as builds use it, in which every request waits until it is let through. */
export const createWorld = (slots: number | undefined): World => {
  const objects = new Map<string, KubeObject>();
  const steps: Step[] = [];
  const most = { all: 0, byTool: new Map<string, number>() };
  const overtaken: string[] = [];
  const writes: string[] = [];
  let version = 0;
  let settled = false;

  const stored = <T extends KubeObject>(resource: string, name: string): T => {
    const object = objects.get(keyOf(resource, name));
    if (!object) throw new KubeError(404, 'NotFound', `${resource} ${name} not found`);
    return object as T;
  };
  const put = <T extends KubeObject>(resource: string, object: T): T => {
    version += 1;
    const next = { ...copy(object), metadata: { ...copy(object.metadata), resourceVersion: String(version) } };
    objects.set(keyOf(resource, object.metadata.name), next);
    writes.push(`${resource}/${object.metadata.name}`);
    return copy(next);
  };
  const all = <T extends KubeObject>(resource: string): T[] =>
    [...objects].filter(([key]) => key.startsWith(`${resource}/`)).map(([, object]) => copy(object as T));
  const liveRuns = () => all<PipelineRun>('pipelineruns').filter((run) => !hasRunEnded(run));
  const toolOf = (run: PipelineRun) => run.metadata.labels?.user ?? '';
  const count = (): void => {
    const live = liveRuns();
    most.all = Math.max(most.all, live.length);
    for (const tool of live.map(toolOf)) {
      const own = live.filter((run) => toolOf(run) === tool).length;
      most.byTool.set(tool, Math.max(most.byTool.get(tool) ?? 0, own));
    }
  };

  const verbs = {
    get: (resource: string, name: string) => copy(stored(resource, name)),
    list: (resource: string, options?: { labelSelector?: string }) => {
      const tool = options?.labelSelector?.split('=')[1];
      const items = all(resource).filter(({ metadata }) => !tool || metadata.labels?.user === tool);
      return { metadata: {}, items };
    },
    create: (resource: string, object: KubeObject) => {
      if (objects.has(keyOf(resource, object.metadata.name)))
        throw new KubeError(409, 'AlreadyExists', 'already exists');
      const made = put(resource, object);
      count();
      return made;
    },
    replaceStatus: (resource: string, object: KubeObject & { status?: unknown }) => {
      const before = stored<KubeObject & { status?: unknown }>(resource, object.metadata.name);
      if (before.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new KubeError(409, 'Conflict', 'modified');
      // As the API server does, which is why a fence has to change something.
      if (isDeepStrictEqual(before.status, object.status)) return copy(before);
      if (resource === 'buildledgers') overtaken.push(...overtakers(before as BuildLedger, object as BuildLedger));
      return put(resource, { ...before, status: object.status });
    },
    patch: (resource: string, name: string, patch: { spec?: object; metadata?: object }) => {
      const before = stored<KubeObject & { spec?: object }>(resource, name);
      if (!patch.spec) return copy(before);
      return put(resource, { ...before, spec: { ...before.spec, ...patch.spec } } as KubeObject);
    },
    remove: (resource: string, name: string) => {
      stored(resource, name);
      if (settled) objects.delete(keyOf(resource, name));
    },
  };

  const pass = (owner: Instance, unhurried: boolean): Promise<void> =>
    unhurried ? Promise.resolve() : new Promise((resolve) => steps.push({ owner, run: resolve }));

  /** Once when it is sent, once when it is answered: between the two others may be served. */
  const call =
    (owner: Instance, unhurried: boolean, verb: (...words: never[]) => unknown) =>
    async (...words: unknown[]) => {
      await pass(owner, unhurried);
      const answer = await Promise.allSettled([(async () => verb(...(copy(words) as never[])))()]);
      await pass(owner, unhurried);
      if (owner.killed) await new Promise(() => undefined);
      if (answer[0].status === 'rejected') throw answer[0].reason;
      return answer[0].value;
    };

  const instance: World['instance'] = ({ skewMs = 0, unhurried = false } = {}) => {
    const made = { killed: false } as Instance;
    const wrapped = Object.entries(verbs).map(([name, verb]) => [name, call(made, unhurried, verb)]);
    const kube = { namespace: 'image-build', ...Object.fromEntries(wrapped) } as Kube;
    const sleep = () => pass(made, unhurried);
    made.context = startContext(kube, { limits, slots, skewMs, sleep });
    return made;
  };

  return {
    instance,
    kill: (killed, dropped) => {
      killed.killed = true;
      const kept = steps.filter(({ owner }, at) => owner !== killed || !dropped(at));
      steps.splice(0, steps.length, ...kept);
    },
    step: async (at, owner) => {
      const open = steps.filter((step) => !owner || step.owner === owner);
      const step = open[at % Math.max(1, open.length)];
      if (step) steps.splice(steps.indexOf(step), 1);
      step?.run();
      await breathe();
      return step !== undefined;
    },
    endRun: (at) => {
      const live = liveRuns();
      const run = live[at % Math.max(1, live.length)];
      if (!run) return;
      const cancelled = run.spec.status !== undefined;
      const condition = {
        type: 'Succeeded',
        status: cancelled ? 'False' : 'True',
        reason: cancelled ? 'Cancelled' : 'Succeeded',
      };
      put('pipelineruns', { ...run, status: { conditions: [condition] } } as PipelineRun);
    },
    settle: () => {
      settled = true;
    },
    liveRuns,
    forget: (tool) => void objects.delete(keyOf('buildledgers', tool)),
    ledger: (tool) => objects.get(keyOf('buildledgers', tool)) as BuildLedger | undefined,
    capacity: () => objects.get(keyOf('buildcapacities', 'builds')) as BuildCapacity | undefined,
    most,
    overtaken,
    writes,
  };
};

export const toolLimit = limits.running;
