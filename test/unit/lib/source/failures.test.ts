import { expect, test } from '@jest/globals';
import { networkFailure, unreachable } from '../../../../lib/source/failures.ts';

const host = 'git.example.org';
const failed = (code: string) => Object.assign(new Error('secret words of the system'), { code });

test.each<[string, string, string]>([
  ['ECONNREFUSED', 'source_unreachable', 'refuses connections'],
  ['ECONNRESET', 'source_unreachable', 'closed the connection'],
  ['EPIPE', 'source_unreachable', 'closed the connection'],
  ['EHOSTUNREACH', 'source_unreachable', 'no network route'],
  ['ENETUNREACH', 'source_unreachable', 'no network route'],
  ['ETIMEDOUT', 'source_unreachable', 'did not respond in time'],
  ['ENOTFOUND', 'source_unreachable', 'does not exist in the DNS'],
  ['EAI_AGAIN', 'source_unreachable', 'DNS'],
  ['EAI_FAIL', 'source_unreachable', 'DNS'],
  ['CERT_HAS_EXPIRED', 'source_unreachable', 'TLS: CERT_HAS_EXPIRED'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'source_unreachable', 'TLS'],
  ['HPE_INVALID_CONSTANT', 'source_not_git', 'HTTP'],
  ['Z_DATA_ERROR', 'source_not_git', 'compressed'],
  ['ESOMETHING', 'source_unreachable', 'failed'],
])('networkFailure returns a sentence for %s', (code, expected, words) => {
  const error = networkFailure(failed(code), host);
  expect([error.status, error.code, error.message]).toEqual([400, expected, expect.stringContaining(words)]);
  expect(error.message).not.toContain('secret');
  expect(networkFailure(new AggregateError([failed(code), failed('x')]), host).message).toBe(error.message);
});

test('networkFailure returns an ApiError as it is, and a sentence for a value that is no error', () => {
  const known = unreachable('it sleeps');
  expect(networkFailure(known, host)).toBe(known);
  for (const odd of [undefined, null, 'text', new Error('no code'), { code: 7 }]) {
    expect(networkFailure(odd, host).code).toBe('source_unreachable');
  }
});
