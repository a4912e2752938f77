import { expect } from '@jest/globals';
import { ApiError } from '../../lib/errors.ts';

/**
 * Returns the result of `act`; undefined when `act` throws an ApiError with one of the statuses and a short sentence.
 */
export const resultOrRefusal = <T>(act: () => T, statuses: readonly number[]): T | undefined => {
  try {
    return act();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    expect(statuses).toContain((error as ApiError).status);
    expect((error as ApiError).message.length).toBeLessThan(600);
    return undefined;
  }
};
