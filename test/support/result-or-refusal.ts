import { expect } from '@jest/globals';
import { ApiError } from '../../lib/errors.ts';

/**
 * Returns the result of `act`. If `act` throws, returns undefined, after a check that the error is an ApiError with one
 * of `statuses` and a message of less than 600 characters.
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
