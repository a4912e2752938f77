import { expect, test } from '@jest/globals';
import { createLimiter, forEachParallel } from '../../../lib/concurrency.ts';

const createTasks = () => {
  const started: number[] = [];
  const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  const task = (id: number) => (): Promise<void> => {
    started.push(id);
    return new Promise((resolve, reject) => ends.set(id, { resolve, reject }));
  };
  return {
    started,
    task,
    end: (id: number) => ends.get(id)?.resolve(),
    fail: (id: number, error: Error) => ends.get(id)?.reject(error),
  };
};

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('a limiter starts tasks in the order of their calls, and never more at once than its limit', async () => {
  const { started, task, end, fail } = createTasks();
  const limit = createLimiter(2);
  const results = [1, 2, 3, 4].map((id) => limit(task(id)));
  await settled();
  expect(started).toEqual([1, 2]);
  end(2);
  await settled();
  expect(started).toEqual([1, 2, 3]);
  fail(1, new Error('first'));
  await expect(results[0]).rejects.toThrow('first');
  await settled();
  expect(started).toEqual([1, 2, 3, 4]);
  end(3);
  end(4);
  await Promise.all(results.slice(1));
});

test('forEachParallel calls act for every item, with at most so many calls at once', async () => {
  const { started, task, end } = createTasks();
  const all = forEachParallel([1, 2, 3], 2, (id) => task(id)());
  await settled();
  expect(started).toEqual([1, 2]);
  end(1);
  await settled();
  expect(started).toEqual([1, 2, 3]);
  end(2);
  end(3);
  await all;
});

test('forEachParallel throws the first error and starts no further call', async () => {
  const { started, task, end, fail } = createTasks();
  const all = forEachParallel([1, 2, 3, 4], 2, (id) => task(id)());
  await settled();
  fail(1, new Error('broken'));
  await expect(all).rejects.toThrow('broken');
  end(2);
  await settled();
  expect(started).toEqual([1, 2]);
});
