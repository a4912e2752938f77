import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import { isConflict, isNotFound, KubeError } from './kube-error.ts';

/** Pure: may be applied several times before it is written. Returning the same state writes nothing. */
export type Change<View, State, Result> = (view: View) => { state: State; result: Result };

type Waiting<View, State> = {
  change: Change<View, State, unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
};

export type Batch<View, State> = readonly Waiting<View, State>[];

export type BatchedWritesOptions<View, State> = {
  /**
   * Reads, applies the batch and writes; answers who waits by calling what it returns. A conflict is tried again;
   * `tried` is 1 at first.
   */
  attempt: (key: string, batch: Batch<View, State>, tried: number) => Promise<() => void>;
  /** What is too busy, as the beginning of a sentence. */
  busy: string;
  /** Waits for so many milliseconds. */
  pause?: (ms: number) => Promise<unknown>;
};

const maxAttempts = 60;

/** Every change on top of the one before; one that throws leaves the others as they are. */
export const applyAll = <View extends { state: State }, State>(view: View, batch: Batch<View, State>) => {
  let { state } = view;
  const settle = batch.map(({ change, resolve, reject }) => {
    try {
      const changed = change({ ...view, state });
      state = changed.state;
      return () => resolve(changed.result);
    } catch (error) {
      return () => reject(error);
    }
  });
  const answer = (): void => {
    for (const done of settle) done();
  };
  return { state, answer };
};

/** An object that was deleted between reading and writing is a conflict like any other. */
export const written = async (write: Promise<unknown>): Promise<void> => {
  try {
    await write;
  } catch (error) {
    throw isNotFound(error) ? new KubeError(409, 'Conflict', 'the object was deleted') : error;
  }
};

const tooBusy = (busy: string, cause: unknown): ApiError =>
  new ApiError(409, 'conflict', `${busy} changing too quickly at the moment. Try again in a few seconds.`, {
    retryAfter: 2,
    cause,
  });

/**
 * Compare-and-swap with folding: changes for one object that wait for each other are folded into one write. An object is
 * always read after a change for it was handed in.
 * @returns a function that makes a change; it throws ApiError 409 `conflict` when other writers are always faster
 */
export const createBatchedWrites = <View, State>({
  attempt,
  busy,
  pause = sleep,
}: BatchedWritesOptions<View, State>) => {
  const queues = new Map<string, Waiting<View, State>[]>();

  const untilWritten = async (key: string, batch: Batch<View, State>, tried = 1): Promise<() => void> => {
    try {
      return await attempt(key, batch, tried);
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (tried >= maxAttempts) throw tooBusy(busy, error);
      // Full jitter keeps instances that write the same object from meeting again.
      await pause(Math.random() * Math.min(500, 5 * 2 ** Math.min(tried, 7)));
      return untilWritten(key, batch, tried + 1);
    }
  };

  const drain = async (key: string, queue: Waiting<View, State>[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, queue.length);
      try {
        (await untilWritten(key, batch))();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(key);
  };

  return <Result>(key: string, change: Change<View, State, Result>): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      const waiting = { change, resolve: resolve as (value: unknown) => void, reject };
      const queue = queues.get(key);
      if (queue) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      queues.set(key, started);
      void drain(key, started);
    });
};
