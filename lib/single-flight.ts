/**
 * Calls `act` and returns its result. While a call with the same key is running, returns that call's result instead.
 */
export type SingleFlight<T> = (key: string, act: () => Promise<T>) => Promise<T>;

/** Makes a function that shares one running call among all callers with the same key. */
export const createSingleFlight = <T>(): SingleFlight<T> => {
  const running = new Map<string, Promise<T>>();
  return (key, act) => {
    const call = running.get(key) ?? act().finally(() => running.delete(key));
    running.set(key, call);
    return call;
  };
};
