import { expect, test } from '@jest/globals';
import { createSingleFlight } from '../../../lib/single-flight.ts';

test('callers with the same key share one call, and the next caller starts a new call', async () => {
  const flight = createSingleFlight<number>();
  const started: string[] = [];
  const act = (key: string) => async (): Promise<number> => started.push(key);
  expect(await Promise.all([flight('a', act('a')), flight('a', act('a')), flight('b', act('b'))])).toEqual([1, 1, 2]);
  expect(await flight('a', act('a'))).toBe(3);
  expect(started).toEqual(['a', 'b', 'a']);
});

test('a failed call fails all its callers, and the next caller starts a new call', async () => {
  const flight = createSingleFlight<number>();
  const failing = () => Promise.reject(new Error('away'));
  const outcomes = await Promise.allSettled([flight('a', failing), flight('a', failing)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await flight('a', async () => 1)).toBe(1);
});
