import { expect, test } from '@jest/globals';
import { applyAll, type Batch, createBatchedWrites, written } from '../../../../lib/kube/batched-writes.ts';
import { KubeError } from '../../../../lib/kube/kube-error.ts';

type View = { state: number };

const conflict = () => new KubeError(409, 'Conflict', 'changed meanwhile');

/** Sets up batched writes to a stored number. The first `conflicts` writes fail with a conflict. */
const setUp = (conflicts = 0) => {
  const delays: number[] = [];
  const stored = { state: 0 };
  const attempts: number[] = [];
  const attempt = async (_key: string, batch: Batch<View, number>, tried: number): Promise<() => void> => {
    attempts.push(tried);
    const { state, respond } = applyAll({ state: stored.state }, batch);
    await Promise.resolve();
    if (attempts.length <= conflicts) throw conflict();
    stored.state = state;
    return respond;
  };
  const sleep = async (ms: number) => void delays.push(ms);
  const change = createBatchedWrites<View, number>({ attempt, busy: 'The numbers are', sleep });
  return { change, stored, attempts, delays };
};

const add =
  (by: number) =>
  ({ state }: View) => ({ state: state + by, result: state + by });

test('changes that wait for a write go into one write, on top of each other', async () => {
  const { change, stored, attempts } = setUp();
  expect(await Promise.all([change('a', add(1)), change('a', add(2)), change('a', add(3))])).toEqual([1, 3, 6]);
  expect([stored.state, attempts]).toEqual([6, [1, 1]]);
});

test('a change that throws fails alone', async () => {
  const { change, stored } = setUp();
  const broken = () => {
    throw new Error('refused');
  };
  const outcomes = await Promise.allSettled([change('a', add(1)), change('a', broken), change('a', add(2))]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(stored.state).toBe(3);
});

test('a conflict is tried again after a delay of at most 10 ms that doubles up to 500 ms', async () => {
  const { change, attempts, delays } = setUp(8);
  expect(await change('a', add(1))).toBe(1);
  expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const [at, most] of [10, 20, 40, 80, 160, 320, 500, 500].entries()) {
    expect(delays[at]).toBeLessThanOrEqual(most);
  }
});

test('sixty conflicts in a row give ApiError 409 with Retry-After', async () => {
  const { change, attempts } = setUp(Number.POSITIVE_INFINITY);
  await expect(change('a', add(1))).rejects.toMatchObject({ status: 409, code: 'conflict', retryAfter: 2 });
  expect(attempts).toHaveLength(60);
});

test('an object that was deleted between reading and writing is a conflict', async () => {
  await expect(written(Promise.reject(new KubeError(404, 'NotFound', 'gone')))).rejects.toMatchObject({ status: 409 });
  await expect(written(Promise.reject(new KubeError(403, 'Forbidden', 'no')))).rejects.toMatchObject({ status: 403 });
});
