import { ApiError } from '../errors.ts';
import { exponentialBackoff, type RetryOptions, retry, type Sleep } from '../retry.ts';
import { isConflict, isNotFound, KubeError } from './kube-error.ts';

/**
 * A pure change of an object's state. The change may be applied several times before the state is written. A change
 * that returns the same state writes nothing.
 */
export type Change<View, State, Result> = (view: View) => { state: State; result: Result };

type PendingChange<View, State> = {
  change: Change<View, State, unknown>;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
};

/** Changes of one Kubernetes object that go into one write. */
export type Batch<View, State> = readonly PendingChange<View, State>[];

export type BatchedWritesOptions<View, State> = {
  /**
   * Reads the object, applies the batch of changes and writes the object. After a conflict the attempt is repeated.
   * @param tried number of this attempt, which starts at 1
   * @returns a function that tells the callers of the batch their results
   */
  attempt: (key: string, batch: Batch<View, State>, tried: number) => Promise<() => void>;
  /**
   * Beginning of the error sentence after too many conflicts, such as "The builds of this tool are". The sentence goes
   * on with "changing too quickly".
   */
  busy: string;
  /** Waits between two attempts to write an object. Default: a timer. Tests pass a function that does not wait. */
  sleep?: Sleep | undefined;
};

const attempts = 60;

/**
 * Delay after a conflict between two writes of an object. Full jitter keeps instances that write the same object from
 * conflicting again.
 */
const delayMs = exponentialBackoff({ firstMs: 10, maxMs: 500, jitter: 1 });

/**
 * Applies a batch of changes to a state, each change to the result of the change before. A change that throws leaves
 * the state as it is.
 * @returns the last state, and a function that tells the callers of the batch their results
 */
export const applyAll = <View extends { state: State }, State>(view: View, batch: Batch<View, State>) => {
  let { state } = view;
  const responses = batch.map(({ change, resolve, reject }) => {
    try {
      const changed = change({ ...view, state });
      state = changed.state;
      return () => resolve(changed.result);
    } catch (error) {
      return () => reject(error);
    }
  });
  const respond = (): void => {
    for (const tell of responses) tell();
  };
  return { state, respond };
};

/**
 * Waits for the write of a Kubernetes object.
 * @throws KubeError 409 also where the object was deleted between reading and writing
 */
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
 * Makes a function that changes Kubernetes objects by compare-and-swap, in batches: changes of one object that wait at
 * the same time go into one write. Each attempt reads the object after the changes of its batch were handed in.
 * @returns a function that makes a change; it throws ApiError 409 `conflict` when other writers are always faster
 */
export const createBatchedWrites = <View, State>(options: BatchedWritesOptions<View, State>) => {
  const { attempt, busy, sleep } = options;
  const queues = new Map<string, PendingChange<View, State>[]>();
  const retryOptions: RetryOptions = {
    attempts,
    delayMs,
    isTemporary: isConflict,
    exhausted: (error) => tooBusy(busy, error),
    sleep,
  };

  const drain = async (key: string, queue: PendingChange<View, State>[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, queue.length);
      try {
        const respond = await retry(retryOptions, (tried) => attempt(key, batch, tried));
        respond();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    queues.delete(key);
  };

  return <Result>(key: string, change: Change<View, State, Result>): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      const pending = { change, resolve: resolve as (value: unknown) => void, reject };
      const queue = queues.get(key);
      if (queue) {
        queue.push(pending);
        return;
      }
      const started = [pending];
      queues.set(key, started);
      void drain(key, started);
    });
};
