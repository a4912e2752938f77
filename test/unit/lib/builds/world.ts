import type { VersionedStore } from '../../../../embedded/kubernetes/store.ts';
import type { StartContext } from '../../../../lib/builds/start.ts';
import type { BuildCapacity } from '../../../../lib/capacity/types.ts';
import { createKube } from '../../../../lib/kube/client.ts';
import type { KubeRequest, Transport } from '../../../../lib/kube/transport.ts';
import type { BuildLedger, BuildRecord, Limits } from '../../../../lib/ledger/types.ts';
import { hasRunEnded } from '../../../../lib/tekton/status.ts';
import type { PipelineRun } from '../../../../lib/tekton/types.ts';
import { namespace } from '../../../support/kubernetes/client.ts';
import { openMemoryStore, sendInProcess, visitItems } from '../../../support/kubernetes/in-process.ts';
import { startContext } from './context.ts';

/** One process of a function. The process batches only its own writes, and may be killed between any two requests. */
export type Instance = { context: StartContext; isKilled: boolean };

export type InstanceOptions = {
  /** Milliseconds by which the clock of a process is ahead. Default 0. */
  skewMs?: number;
  /** Whether requests and responses are delivered at once. Default: each waits until the test calls `step`. */
  isImmediate?: boolean;
};

const limits: Limits = { running: 2, queued: 5, succeeded: 1000, failed: 1000 };

/** Number of builds that each tool may run at once. */
export const toolLimit = limits.running;

const idsOf = (records: readonly BuildRecord[] = []): string[] => records.map(({ id }) => id);

/** Returns the ids of builds that a write promoted although a build that was queued earlier still waits. */
const overtakers = (before: BuildLedger, after: BuildLedger): string[] => {
  const [queued, waiting] = [idsOf(before.status?.queued), new Set(idsOf(after.status?.queued))];
  const started = idsOf(after.status?.running).filter((id) => !idsOf(before.status?.running).includes(id));
  return started.filter((id) => {
    const at = queued.indexOf(id);
    return queued.slice(0, at < 0 ? queued.length : at).some((earlier) => waiting.has(earlier));
  });
};

/** A request on its way to the API server, or a response on its way back. */
type Delivery = { owner: Instance; deliver: () => void };

/** Holds requests and responses until a test delivers them. */
class Scheduler {
  #deliveries: Delivery[] = [];

  delivered(owner: Instance): Promise<void> {
    return new Promise((deliver) => this.#deliveries.push({ owner, deliver }));
  }

  drop(owner: Instance, isDropped: (at: number) => boolean): void {
    this.#deliveries = this.#deliveries.filter((delivery, at) => delivery.owner !== owner || !isDropped(at));
  }

  async step(at: number, owner?: Instance): Promise<boolean> {
    const pending = this.#deliveries.filter((delivery) => !owner || delivery.owner === owner);
    const next = pending[at % Math.max(1, pending.length)];
    if (next) this.#deliveries.splice(this.#deliveries.indexOf(next), 1);
    next?.deliver();
    await new Promise((resolve) => setImmediate(resolve));
    return next !== undefined;
  }
}

/** Holds the objects of the embedded API server in memory, and records the writes and the number of unfinished runs. */
class Objects {
  readonly store: VersionedStore = openMemoryStore();
  readonly mostRuns = { all: 0, byTool: new Map<string, number>() };
  readonly overtaken: string[] = [];
  readonly writes: string[] = [];
  requests = 0;
  #deletesReleasedRuns = false;

  deleteReleasedRuns(): void {
    this.#deletesReleasedRuns = true;
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
    this.requests += 1;
    if (request.method === 'DELETE' && !this.#deletesReleasedRuns)
      return sendInProcess(this.store, { ...request, method: 'GET' });
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
    this.mostRuns.all = Math.max(this.mostRuns.all, tools.length);
    for (const tool of tools) {
      const own = tools.filter((other) => other === tool).length;
      this.mostRuns.byTool.set(tool, Math.max(this.mostRuns.byTool.get(tool) ?? 0, own));
    }
  }
}

/**
 * Returns a transport that holds each request and each response until it is delivered, so that requests of other
 * processes may be served in between.
 */
const transportOf = (objects: Objects, delivered: () => Promise<void>, owner: Instance): Transport => {
  const json = async <T>(request: KubeRequest): Promise<T> => {
    await delivered();
    const [response] = await Promise.allSettled([(async () => objects.send(request))()]);
    await delivered();
    if (owner.isKilled) await new Promise(() => undefined);
    if (response.status === 'rejected') throw response.reason;
    return response.value as T;
  };
  return {
    json,
    items: async (request, visit) => visitItems(await json(request), visit),
    stream: () => Promise.reject(new Error('This test has no streams.')),
    close: () => undefined,
  };
};

/** The embedded API server in memory, in which every request and every response waits until a test delivers it. */
export class World {
  readonly #slots: number | undefined;
  readonly #scheduler = new Scheduler();
  readonly #objects = new Objects();

  /**
   * @param slots number of slots of the cluster. If undefined, the cluster sets no limit, and only the limits of the
   * tools count
   */
  constructor(slots: number | undefined) {
    this.#slots = slots;
  }

  /** Starts a new process of a function. */
  instance({ skewMs = 0, isImmediate = false }: InstanceOptions = {}): Instance {
    const instance = { isKilled: false } as Instance;
    const delivered = () => (isImmediate ? Promise.resolve() : this.#scheduler.delivered(instance));
    const kube = createKube(transportOf(this.#objects, delivered, instance), namespace);
    instance.context = startContext(kube, { limits, slots: this.#slots, skewMs, sleep: delivered });
    return instance;
  }

  /** Kills a process. Its pending requests are still delivered unless `isDropped`, but the process gets no response. */
  kill(killed: Instance, isDropped: (at: number) => boolean): void {
    killed.isKilled = true;
    this.#scheduler.drop(killed, isDropped);
  }

  /** Delivers one pending request or response, of any process or of `owner`. @returns false where none is pending */
  step(at: number, owner?: Instance): Promise<boolean> {
    return this.#scheduler.step(at, owner);
  }

  /** Ends an unfinished run, as Tekton does. A run whose spec asks for cancellation ends as cancelled. */
  endRun(at: number): void {
    this.#objects.endRun(at);
  }

  /** Makes released runs be deleted. Before this call they stay, so that a delayed start finds its run's name taken. */
  deleteReleasedRuns(): void {
    this.#objects.deleteReleasedRuns();
  }

  liveRuns(): PipelineRun[] {
    return this.#objects.liveRuns();
  }

  /** Deletes the ledger of a tool, as an administrator may. */
  deleteLedger(tool: string): void {
    this.#objects.store.delete('buildledgers', namespace, tool);
  }

  ledger(tool: string): BuildLedger | undefined {
    return this.#objects.ledger(tool);
  }

  capacity(): BuildCapacity | undefined {
    return this.#objects.store.get('buildcapacities', namespace, 'builds') as BuildCapacity | undefined;
  }

  /** Largest number of runs that were unfinished at once: of all tools, and by tool. */
  get mostRuns(): { all: number; byTool: Map<string, number> } {
    return this.#objects.mostRuns;
  }

  /** Ids of promoted builds that overtook a build of the same tool in the queue. */
  get overtaken(): readonly string[] {
    return this.#objects.overtaken;
  }

  /** Number of all requests to the API server. */
  get requests(): number {
    return this.#objects.requests;
  }

  /** Requests that changed an object, as "METHOD path", in the order of delivery. */
  get writes(): readonly string[] {
    return this.#objects.writes;
  }
}
