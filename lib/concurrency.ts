import pLimit from 'p-limit';

/**
 * Runs a task as soon as its limit of parallel tasks allows, and returns the task's result. Tasks start in call order.
 */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** Returns a limiter that runs at most `parallel` tasks at once. */
export const createLimiter = (parallel: number): Limiter => pLimit(parallel);

/**
 * Calls `act` for every item of a list in order, with at most `parallel` calls at once.
 * @throws the first error of `act`; no further call starts after an error
 */
export const forEachParallel = async <T>(
  items: Iterable<T>,
  parallel: number,
  act: (item: T) => Promise<void>,
): Promise<void> => {
  const limit = pLimit(parallel);
  await limit.map(items, async (item) => {
    try {
      await act(item);
    } catch (error) {
      limit.clearQueue();
      throw error;
    }
  });
};
