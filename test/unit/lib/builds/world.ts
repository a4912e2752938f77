import type { VersionedStore } from '../../../../embedded/kubernetes/store.ts';
import type { StartContext } from '../../../../lib/builds/start.ts';
import type { BuildCapacity } from '../../../../lib/capacity/types.ts';
import { createKube } from '../../../../lib/kube/client.ts';
import type { KubeRequest, Transport } from '../../../../lib/kube/transport.ts';
import type { BuildLedger, BuildRecord, Limits } from '../../../../lib/ledger/types.ts';
import { hasRunEnded } from '../../../../lib/tekton/status.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { namespace } from '../../../support/kubernetes/client.ts';
import { openMemoryStore, sendInProcess } from '../../../support/kubernetes/in-process.ts';
import { startContext } from './context.ts';

/** One pod of a function: its batches of writes are its own, and it may be killed between any two requests. */
export type Instance = { context: StartContext; killed: boolean };

export type World = {
  /** @param options.unhurried lets every request of the instance through at once */
  instance: (options?: { skewMs?: number; unhurried?: boolean }) => Instance;
  /** Kills an instance. Its open requests still arrive, except for those that `dropped` names; nobody reads the responses. */
  kill: (instance: Instance, dropped: (at: number) => boolean) => void;
  /** Lets one open request or response through, of all or of one instance. @returns false when none is open */
  step: (at: number, owner?: Instance) => Promise<boolean>;
  endRun: (at: number) => void;
  /** From now on a deleted run is gone. Before, its name stays taken, as for an instance that was held up for long. */
  settle: () => void;
  liveRuns: () => PipelineRun[];
  /** Deletes the ledger of a tool, as an administrator may. */
  forget: (tool: string) => void;
  ledger: (tool: string) => BuildLedger | undefined;
  capacity: () => BuildCapacity | undefined;
  /** Most runs at once, in all and by tool. */
  most: { all: number; byTool: Map<string, number> };
  /** Builds that started before an earlier queued build of their tool. */
  overtaken: string[];
  /** Requests that changed an object. */
  writes: string[];
};

const limits: Limits = { running: 2, queued: 5, succeeded: 1000, failed: 1000 };
export const toolLimit = limits.running;

const ids = (records: readonly BuildRecord[] = []): string[] => records.map(({ id }) => id);

/** Builds that left the queue while a build that was queued before them still waits. */
const overtakers = (before: BuildLedger, after: BuildLedger): string[] => {
  const [queued, waiting] = [ids(before.status?.queued), new Set(ids(after.status?.queued))];
  const started = ids(after.status?.running).filter((id) => !ids(before.status?.running).includes(id));
  return started.filter((id) => {
    const at = queued.indexOf(id);
    return queued.slice(0, at < 0 ? queued.length : at).some((earlier) => waiting.has(earlier));
  });
};

/** A request or a response that waits until the test lets it through. */
type Step = { owner: Instance; run: () => void };

/** The order in which requests and responses get through. */
class Scheduler {
  #steps: Step[] = [];

  pass(owner: Instance): Promise<void> {
    return new Promise((resolve) => this.#steps.push({ owner, run: resolve }));
  }

  drop(owner: Instance, dropped: (at: number) => boolean): void {
    this.#steps = this.#steps.filter((step, at) => step.owner !== owner || !dropped(at));
  }

  async step(at: number, owner?: Instance): Promise<boolean> {
    const open = this.#steps.filter((step) => !owner || step.owner === owner);
    const step = open[at % Math.max(1, open.length)];
    if (step) this.#steps.splice(this.#steps.indexOf(step), 1);
    step?.run();
    await new Promise((resolve) => setImmediate(resolve));
    return step !== undefined;
  }
}

/** The objects of the embedded API server, in memory, and a record of what the requests did to them. */
class Objects {
  readonly store: VersionedStore = openMemoryStore();
  readonly most = { all: 0, byTool: new Map<string, number>() };
  readonly overtaken: string[] = [];
  readonly writes: string[] = [];
  #settled = false;

  settle(): void {
    this.#settled = true;
  }

  ledger(tool: string): BuildLedger | undefined {
    return this.store.get('buildledgers', namespace, tool) as BuildLedger | undefined;
  }

  liveRuns(): PipelineRun[] {
    const runs = this.store.list('pipelineruns', namespace) as unknown as PipelineRun[];
    return runs.filter((run) => !hasRunEnded(run));
  }

  endRun(at: number): void {
    const live = this.liveRuns();
    const run = live[at % Math.max(1, live.length)];
    if (!run) return;
    const [status, reason] = run.spec.status === undefined ? ['True', 'Succeeded'] : ['False', 'Cancelled'];
    const ended = { ...run, status: { conditions: [{ type: 'Succeeded', status, reason }] } };
    this.store.update('pipelineruns', ended as never, 'status');
  }

  send(request: KubeRequest): unknown {
    if (request.method === 'DELETE' && !this.#settled) return sendInProcess(this.store, { ...request, method: 'GET' });
    const [version, ledger] = [this.store.version(), this.#ledgerOf(request)];
    const response = sendInProcess(this.store, request);
    if (this.store.version() !== version) this.writes.push(`${request.method} ${request.path}`);
    if (ledger) this.overtaken.push(...overtakers(ledger, this.ledger(ledger.metadata.name) ?? ledger));
    if (request.method === 'POST') this.#countRuns();
    return response;
  }

  #ledgerOf({ method, path }: KubeRequest): BuildLedger | undefined {
    const [, tool] = /\/buildledgers\/([^/]+)\/status$/.exec(path) ?? [];
    return method === 'PUT' && tool ? this.ledger(tool) : undefined;
  }

  #countRuns(): void {
    const tools = this.liveRuns().map(({ metadata }) => metadata.labels?.user ?? '');
    this.most.all = Math.max(this.most.all, tools.length);
    for (const tool of tools) {
      const own = tools.filter((other) => other === tool).length;
      this.most.byTool.set(tool, Math.max(this.most.byTool.get(tool) ?? 0, own));
    }
  }
}

/** A request waits twice, when it is sent and when it is answered: between the two, others may be served. */
const transportOf = (objects: Objects, pass: () => Promise<void>, owner: Instance): Transport => ({
  json: async <T>(request: KubeRequest): Promise<T> => {
    await pass();
    const [result] = await Promise.allSettled([(async () => objects.send(request))()]);
    await pass();
    if (owner.killed) await new Promise(() => undefined);
    if (result.status === 'rejected') throw result.reason;
    return result.value as T;
  },
  stream: () => Promise.reject(new Error('This test has no streams.')),
  close: () => undefined,
});

/** Makes the embedded API server in memory, in which every request waits until the test lets it through. */
export const createWorld = (slots: number | undefined): World => {
  const [scheduler, objects] = [new Scheduler(), new Objects()];
  const instance: World['instance'] = ({ skewMs = 0, unhurried = false } = {}) => {
    const made = { killed: false } as Instance;
    const pass = () => (unhurried ? Promise.resolve() : scheduler.pass(made));
    const kube = createKube(transportOf(objects, pass, made), namespace);
    made.context = startContext(kube, { limits, slots, skewMs, sleep: pass });
    return made;
  };
  return {
    instance,
    kill: (killed, dropped) => {
      killed.killed = true;
      scheduler.drop(killed, dropped);
    },
    step: (at, owner) => scheduler.step(at, owner),
    endRun: (at) => objects.endRun(at),
    settle: () => objects.settle(),
    liveRuns: () => objects.liveRuns(),
    forget: (tool) => void objects.store.delete('buildledgers', namespace, tool),
    ledger: (tool) => objects.ledger(tool),
    capacity: () => objects.store.get('buildcapacities', namespace, 'builds') as BuildCapacity | undefined,
    most: objects.most,
    overtaken: objects.overtaken,
    writes: objects.writes,
  };
};
