/** Calls `act`, unless a call with the same key runs already: then returns that call's result. */
export type SingleFlight<T> = (key: string, act: () => Promise<T>) => Promise<T>;

/** Makes a function that shares one call among the callers with the same key. */
export const createSingleFlight = <T>(): SingleFlight<T> => {
  const running = new Map<string, Promise<T>>();
  return (key, act) => {
    const call = running.get(key) ?? act().finally(() => running.delete(key));
    running.set(key, call);
    return call;
  };
};
