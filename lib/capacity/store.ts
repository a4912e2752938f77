import {
  applyAll,
  type Batch,
  type BatchedWritesOptions,
  type Change,
  createBatchedWrites,
  written,
} from '../kube/batched-writes.ts';
import type { Kube } from '../kube/client.ts';
import { ifFound } from '../kube/kube-error.ts';
import { emptyCapacity } from './state.ts';
import type { BuildCapacity, CapacityState } from './types.ts';

/** There is one, in the namespace of the builds. */
export const capacityName = 'builds';

type View = { state: CapacityState };

export type Capacity = {
  /** Builds at once in all; undefined when only the tools' limits count, and nothing is written for a build. */
  slots: number | undefined;
  read(signal?: AbortSignal): Promise<CapacityState>;
  /**
   * Applies the change by compare-and-swap until it holds; those of one instance are folded into one write.
   * @throws ApiError 409 `conflict` when other writers are always faster
   */
  change<T>(change: (state: CapacityState) => { state: CapacityState; result: T }): Promise<T>;
};

export type CapacityOptions = {
  slots?: number | undefined;
  sleep?: NonNullable<BatchedWritesOptions<never, never>['sleep']>;
};

const stateOf = (object: BuildCapacity | undefined): CapacityState => {
  const { claims, waiting, counts } = { ...emptyCapacity, ...object?.status };
  return { claims, waiting, counts: { ...emptyCapacity.counts, ...counts } };
};

export const createCapacity = (kube: Kube, { slots, ...options }: CapacityOptions): Capacity => {
  const find = (signal?: AbortSignal): Promise<BuildCapacity | undefined> =>
    ifFound(kube.get<BuildCapacity>('buildcapacities', capacityName, signal));

  const create = (): Promise<BuildCapacity> =>
    kube.create<BuildCapacity>('buildcapacities', {
      apiVersion: 'builds.toolforge.org/v1alpha1',
      kind: 'BuildCapacity',
      metadata: { name: capacityName },
    });

  const write = async (present: BuildCapacity | undefined, state: CapacityState): Promise<void> => {
    const waiting = state.waiting.reduce((sum, { wants }) => sum + wants, 0);
    const summary = { running: state.claims.length, ...(slots === undefined ? {} : { slots }), waiting };
    await written(
      kube.replaceStatus('buildcapacities', { ...(present ?? (await create())), status: { ...state, summary } }),
    );
  };

  const attempt = async (_: string, batch: Batch<View, CapacityState>): Promise<() => void> => {
    const present = await find();
    const before = stateOf(present);
    const { state, respond } = applyAll({ state: before }, batch);
    if (state !== before) await write(present, state);
    return respond;
  };

  const fold = createBatchedWrites<View, CapacityState>({ ...options, attempt, busy: "The builds' slots are" });
  return {
    slots,
    read: async (signal) => stateOf(await find(signal)),
    change: <T>(change: (state: CapacityState) => { state: CapacityState; result: T }) => {
      const ofView: Change<View, CapacityState, T> = ({ state }) => change(state);
      return fold(capacityName, ofView);
    },
  };
};
