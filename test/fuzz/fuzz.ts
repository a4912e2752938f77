import { test } from '@jest/globals';
import fc from 'fast-check';

const { FUZZ_SECONDS = '10', FUZZ_SEED, FUZZ_PATH } = process.env;

const budgetMs = Number(FUZZ_SECONDS) * 1000;
if (!(budgetMs > 0))
  throw new Error('FUZZ_SECONDS must be a number above 0: the seconds that each property is tried for.');

/** Options of fast-check that repeat the run whose seed and path a failure printed. */
const replay = {
  ...(FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }),
  ...(FUZZ_PATH === undefined ? {} : { path: FUZZ_PATH }),
};

/**
 * Declares a test that tries a property with random inputs until the time budget is used. A failure prints the smallest
 * input that was found, and the seed and path that repeat it.
 * @param property throws, or returns a promise that rejects, for an input that breaks the property
 */
export const fuzz = <T>(title: string, input: fc.Arbitrary<T>, property: (value: T) => void | Promise<void>): void =>
  test(
    title,
    async () => {
      await fc.assert(
        fc.asyncProperty(input, async (value) => property(value)),
        {
          numRuns: Number.MAX_SAFE_INTEGER,
          interruptAfterTimeLimit: budgetMs,
          markInterruptAsFailure: false,
          ...replay,
        },
      );
    },
    // A property that is interrupted ends soon after the budget; the rest is for one slow input.
    budgetMs + 60_000,
  );
