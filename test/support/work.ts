import { expect } from '@jest/globals';
import { maxLineLength } from '../../lib/logs/pod/line-splitter.ts';

/** Returns a text of many times a piece. @param length Default: the length of the longest line */
export const filled = (piece: string, length = maxLineLength): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

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
