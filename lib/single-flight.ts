/** Asks once for those who ask at the same time. */
export type SingleFlight<T> = (key: string, ask: () => Promise<T>) => Promise<T>;

export const createSingleFlight = <T>(): SingleFlight<T> => {
  const open = new Map<string, Promise<T>>();
  return (key, ask) => {
    const present = open.get(key) ?? ask().finally(() => open.delete(key));
    open.set(key, present);
    return present;
  };
};
