import { expect } from '@jest/globals';

/** Returns the processor time of a function in microseconds. Elapsed time would depend on other processes. */
export const work = (act: () => unknown): number => {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return user + system;
};

/** Returns the least processor time of three calls of a function, in microseconds. */
export const leastWork = (act: () => unknown): number => Math.min(...[1, 2, 3].map(() => work(act)));

/** Expects that a function takes less processor time than a limit, in microseconds. The call may be repeated. */
export const expectWork = (act: () => unknown, limit: number): void => {
  if (work(act) > limit) expect(leastWork(act)).toBeLessThan(limit);
};
