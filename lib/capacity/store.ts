import { applyAll, type Batch, type Change, createBatchedWrites, written } from '../kube/batched-writes.ts';
import type { Kube } from '../kube/client.ts';
import { ifFound } from '../kube/kube-error.ts';
import type { Sleep } from '../retry.ts';
import { emptyCapacity } from './state.ts';
import type { BuildCapacity, CapacityState } from './types.ts';

/** Name of the only BuildCapacity in the namespace of the builds. */
const capacityName = 'builds';

type View = { state: CapacityState };

export type Capacity = {
  /**
   * Limit of builds of all tools that may run at once. Undefined: only the tools' limits count, and no claims are
   * written.
   */
  slots: number | undefined;
  read(signal?: AbortSignal): Promise<CapacityState>;
  /**
   * Applies a change to the capacity by compare-and-swap, until a write succeeds. Changes of one process that wait at
   * the same time go into one write.
   * @throws ApiError 409 `conflict` when other writers of the capacity are always faster
   */
  change<T>(change: (state: CapacityState) => { state: CapacityState; result: T }): Promise<T>;
};

export type CapacityOptions = {
  slots?: number | undefined;
  /** Waits between two attempts to write the capacity. Default: a timer. Tests pass a function that does not wait. */
  sleep?: Sleep | undefined;
};

const stateOf = (object: BuildCapacity | undefined): CapacityState => {
  const { claims, waiting, counts } = { ...emptyCapacity, ...object?.status };
  return { claims, waiting, counts: { ...emptyCapacity.counts, ...counts } };
};

const statusOf = (state: CapacityState, slots: number | undefined): NonNullable<BuildCapacity['status']> => {
  const waiting = state.waiting.reduce((sum, { wants }) => sum + wants, 0);
  return { ...state, summary: { running: state.claims.length, ...(slots === undefined ? {} : { slots }), waiting } };
};

/** Reads and writes the BuildCapacity object. The first write creates the object. */
const createCapacityObject = (kube: Kube, slots: number | undefined) => {
  const create = (): Promise<BuildCapacity> =>
    kube.create<BuildCapacity>('buildcapacities', {
      apiVersion: 'builds.toolforge.org/v1alpha1',
      kind: 'BuildCapacity',
      metadata: { name: capacityName },
    });
  return {
    find: (signal?: AbortSignal): Promise<BuildCapacity | undefined> =>
      ifFound(kube.get<BuildCapacity>('buildcapacities', capacityName, signal)),
    write: async (found: BuildCapacity | undefined, state: CapacityState): Promise<void> => {
      const object = { ...(found ?? (await create())), status: statusOf(state, slots) };
      await written(kube.replaceStatus('buildcapacities', object));
    },
  };
};

/** Makes the store of the cluster's capacity, which holds the claims of all tools. */
export const createCapacity = (kube: Kube, { slots, ...options }: CapacityOptions): Capacity => {
  const { find, write } = createCapacityObject(kube, slots);
  const attempt = async (_: string, batch: Batch<View, CapacityState>): Promise<() => void> => {
    const found = await find();
    const before = stateOf(found);
    const { state, respond } = applyAll({ state: before }, batch);
    if (state !== before) await write(found, state);
    return respond;
  };
  const changeByName = createBatchedWrites<View, CapacityState>({ ...options, attempt, busy: "The builds' slots are" });
  return {
    slots,
    read: async (signal) => stateOf(await find(signal)),
    change: <T>(change: (state: CapacityState) => { state: CapacityState; result: T }) => {
      const changeView: Change<View, CapacityState, T> = ({ state }) => change(state);
      return changeByName(capacityName, changeView);
    },
  };
};
