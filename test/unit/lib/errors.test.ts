import { expect, test } from '@jest/globals';
import { ApiError, ConfigError } from '../../../lib/errors.ts';

test('an ApiError keeps its cause apart from the status, code and sentence for the client', () => {
  const cause = new Error('secret detail');
  const error = new ApiError(409, 'quota_exceeded', 'Wait.', { retryAfter: 30, cause });
  expect(error).toMatchObject({ status: 409, code: 'quota_exceeded', message: 'Wait.', retryAfter: 30, headers: {} });
  expect(error.cause).toBe(cause);
});

test('a ConfigError names the setting and the expected value', () => {
  expect(new ConfigError('PORT', 'a port number').message).toBe('PORT must be a port number');
});
