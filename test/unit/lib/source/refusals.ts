import { expect } from '@jest/globals';
import { ApiError } from '../../../../lib/errors.ts';
import type { SourceOptions } from '../../../../lib/source/source.ts';

/** Settings that let a source reach servers on this machine. */
export const LOCAL: SourceOptions = { allowedAddresses: ['127.0.0.0/8'], allowHttp: true, timeoutMs: 20_000 };

/** What a resolution is refused with; anything but an ApiError fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    (value) => new Error(`resolved to ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw error;
}

/** The code of a refusal, which is the client's fault and is put in a sentence. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const { status, code, message } = await failureOf(promise);
  expect(status).toBe(400);
  expect(message).toMatch(/[.?]$/);
  return code;
}
