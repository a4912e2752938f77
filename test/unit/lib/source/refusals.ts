import { expect } from '@jest/globals';
import { ApiError } from '../../../../lib/errors.ts';
import type { SourceOptions } from '../../../../lib/source/source.ts';

/** Options with which a git source may fetch from servers on 127.0.0.1 over plain HTTP. */
export const local: SourceOptions = { allowedAddresses: ['127.0.0.0/8'], allowHttp: true, timeoutMs: 20_000 };

/** Returns the ApiError with which the resolution of a git ref fails. Any other outcome fails the test. */
export const failureOf = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await promise.then(
    (value) => new Error(`resolved to ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw error;
};

/**
 * Returns the code of the ApiError with which the resolution of a git ref fails. Expects status 400, and a sentence as
 * message.
 */
export const codeOf = async (promise: Promise<unknown>): Promise<string> => {
  const { status, code, message } = await failureOf(promise);
  expect(status).toBe(400);
  expect(message).toMatch(/[.?]$/);
  return code;
};
