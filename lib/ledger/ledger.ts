import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors/index.ts';
import type { Kube } from '../kube/client.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../kube/error.ts';
import { emptyState, type Limits } from './machine.ts';
import { ledgerName } from './names.ts';
import type { BuildLedger, LedgerState, Summary } from './types.ts';

export type View = { state: LedgerState; limits: Limits };
/** Pure: may be applied several times before it is written. Returning the same state writes nothing. */
export type Change<T> = (view: View) => { state: LedgerState; result: T };

export type Ledger = {
  /** An unknown tool has an empty ledger. */
  read(tool: string, signal?: AbortSignal): Promise<View>;
  /**
   * Applies the change by compare-and-swap until it holds. Changes for one tool that wait for each other are folded
   * into one write.
   * @throws ApiError 409 `conflict` when other writers are always faster
   */
  change<T>(tool: string, change: Change<T>): Promise<T>;
  /** Every tool that has a ledger. */
  tools(): Promise<string[]>;
};

type Waiting = { change: Change<unknown>; resolve: (value: unknown) => void; reject: (error: unknown) => void };

const maxAttempts = 60;

const stateOf = (ledger: BuildLedger | undefined): LedgerState => {
  const { summary: _, ...state } = ledger?.status ?? {};
  return { ...emptyState, ...state };
};

const summaryOf = ({ running, queued, finished }: LedgerState, limits: Limits): Summary => ({
  running: running.length,
  limit: limits.running,
  queued: queued.length,
  finished: finished.length,
});

export const createLedger = (kube: Kube, defaults: Limits): Ledger => {
  const queues = new Map<string, Waiting[]>();

  const find = async (tool: string, signal?: AbortSignal): Promise<BuildLedger | undefined> => {
    try {
      const ledger = await kube.get<BuildLedger>('buildledgers', ledgerName(tool), signal);
      if (ledger.spec.tool !== tool) throw new Error(`ledger ${ledgerName(tool)} belongs to ${ledger.spec.tool}`);
      return ledger;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };

  const viewOf = (ledger: BuildLedger | undefined): View => ({
    state: stateOf(ledger),
    limits: { ...defaults, ...ledger?.spec.limits },
  });

  const create = (tool: string): Promise<BuildLedger> =>
    kube.create<BuildLedger>('buildledgers', {
      apiVersion: 'builds.toolforge.org/v1alpha1',
      kind: 'BuildLedger',
      metadata: { name: ledgerName(tool) },
      spec: { tool },
    });

  const write = async (tool: string, present: BuildLedger | undefined, { state, limits }: View): Promise<void> => {
    const ledger = present ?? (await create(tool));
    await kube.replaceStatus('buildledgers', { ...ledger, status: { ...state, summary: summaryOf(state, limits) } });
  };

  /** One read, every waiting change on top of each other, at most one write. */
  const attempt = async (tool: string, batch: Waiting[]): Promise<() => void> => {
    const present = await find(tool);
    const { state: before, limits } = viewOf(present);
    let state = before;
    const settle = batch.map(({ change, resolve, reject }) => {
      try {
        const changed = change({ state, limits });
        state = changed.state;
        return () => resolve(changed.result);
      } catch (error) {
        return () => reject(error);
      }
    });
    if (state !== before) await write(tool, present, { state, limits });
    return () => {
      for (const done of settle) done();
    };
  };

  const attemptUntilWritten = async (tool: string, batch: Waiting[], tried = 1): Promise<() => void> => {
    try {
      return await attempt(tool, batch);
    } catch (error) {
      if (!isConflict(error) && !isAlreadyExists(error)) throw error;
      if (tried >= maxAttempts) throw busy(error);
      // Full jitter keeps instances that write the same ledger from meeting again.
      await sleep(Math.random() * Math.min(500, 5 * 2 ** Math.min(tried, 7)));
      return attemptUntilWritten(tool, batch, tried + 1);
    }
  };

  const drain = async (tool: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, queue.length);
      try {
        (await attemptUntilWritten(tool, batch))();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(tool);
  };

  return {
    read: async (tool, signal) => viewOf(await find(tool, signal)),
    change: <T>(tool: string, change: Change<T>) =>
      new Promise<T>((resolve, reject) => {
        const waiting = { change, resolve: resolve as (value: unknown) => void, reject };
        const queue = queues.get(tool);
        if (queue) {
          queue.push(waiting);
          return;
        }
        const started = [waiting];
        queues.set(tool, started);
        void drain(tool, started);
      }),
    tools: async () => (await kube.list<BuildLedger>('buildledgers')).items.map(({ spec }) => spec.tool),
  };
};

const busy = (cause: unknown): ApiError =>
  new ApiError(
    409,
    'conflict',
    'The builds of this tool are changing too quickly at the moment. Try again in a few seconds.',
    {
      retryAfter: 2,
      cause,
    },
  );
