import { expect, test } from '@jest/globals';
import { exponentialBackoff, type RetryOptions, retry } from '../../../lib/retry.ts';

const temporary = new Error('away');

const setUp = (given: Partial<RetryOptions> = {}) => {
  const delays: number[] = [];
  const options: RetryOptions = {
    attempts: 4,
    delayMs: exponentialBackoff({ firstMs: 100, maxMs: 300 }),
    isTemporary: (error) => error === temporary,
    sleep: async (ms) => void delays.push(ms),
    ...given,
  };
  return { options, delays };
};

const failing = (failures: number, error: unknown = temporary) => {
  let calls = 0;
  return {
    calls: () => calls,
    act: async (attempt: number): Promise<number> => {
      calls += 1;
      if (attempt <= failures) throw error;
      return attempt;
    },
  };
};

test('retry returns the result of the first attempt that succeeds, after delays that double up to their limit', async () => {
  const { options, delays } = setUp();
  expect(await retry(options, failing(3).act)).toBe(4);
  expect(delays).toEqual([100, 200, 300]);
});

test('retry throws an error that is not temporary at once', async () => {
  const { options, delays } = setUp();
  const other = failing(9, new Error('refused'));
  await expect(retry(options, other.act)).rejects.toThrow('refused');
  expect([other.calls(), delays]).toEqual([1, []]);
});

test('retry throws the last temporary error when the attempts are used up, with no delay after the last attempt', async () => {
  const { options, delays } = setUp();
  const away = failing(9);
  await expect(retry(options, away.act)).rejects.toBe(temporary);
  expect([away.calls(), delays.length]).toEqual([4, 3]);
});

test('retry throws what `exhausted` makes of the last error', async () => {
  const { options } = setUp({ exhausted: (cause) => new Error('unavailable', { cause }) });
  await expect(retry(options, failing(9).act)).rejects.toMatchObject({ message: 'unavailable', cause: temporary });
});

test('retry ends when the delay is undefined', async () => {
  const { options } = setUp({ delayMs: () => undefined });
  const away = failing(9);
  await expect(retry(options, away.act)).rejects.toBe(temporary);
  expect(away.calls()).toBe(1);
});

test('retry tells the error and the delay before each delay', async () => {
  const told: unknown[] = [];
  const { options } = setUp({ beforeDelay: (next) => void told.push(next) });
  await retry(options, failing(2).act);
  expect(told).toEqual([
    { error: temporary, failures: 1, delayMs: 100 },
    { error: temporary, failures: 2, delayMs: 200 },
  ]);
});

test('retry throws the reason of its signal once the signal fired, between attempts and during a delay', async () => {
  const gone = new Error('gone');
  const { options } = setUp({ signal: AbortSignal.abort(gone) });
  const away = failing(9);
  await expect(retry(options, away.act)).rejects.toBe(gone);
  expect(away.calls()).toBe(1);

  const { sleep: _, ...waiting } = setUp({ delayMs: () => 2 ** 30 }).options;
  const control = new AbortController();
  const retried = retry({ ...waiting, signal: control.signal, beforeDelay: () => control.abort(gone) }, away.act);
  await expect(retried).rejects.toBe(gone);
});

test('jitter leaves a share of the delay to chance', () => {
  const delay = (jitter: number, random: number) =>
    exponentialBackoff({ firstMs: 100, jitter, random: () => random })(2);
  expect([delay(0, 0.5), delay(0.5, 0), delay(0.5, 0.5), delay(1, 0), delay(1, 0.5)]).toEqual([200, 100, 150, 0, 100]);
});
