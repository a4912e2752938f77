import { expect, test } from '@jest/globals';
import { createRevokedTokens } from '../../../../lib/auth/revoked-tokens.ts';

test('createRevokedTokens forgets no token that has not expired, however many others are revoked', () => {
  const revoked = createRevokedTokens({ now: () => 0, maxTokens: 3 });
  revoked.add('first', 100);
  for (let at = 0; at < 1000; at++) revoked.add(`other ${at}`, 1_000_000);
  expect(revoked.has('first')).toBe(true);
  expect(Array.from({ length: 1000 }, (_, at) => revoked.has(`other ${at}`)).filter(Boolean)).toHaveLength(2);
});

test('createRevokedTokens makes room when tokens have expired', () => {
  let clock = 0;
  const revoked = createRevokedTokens({ now: () => clock, maxTokens: 2 });
  revoked.add('short', 60);
  revoked.add('long', 1000);
  revoked.add('too many', 1000);
  expect(revoked.has('too many')).toBe(false);
  clock = 121_000;
  revoked.add('later', 1000);
  expect(['short', 'long', 'later'].map(revoked.has)).toEqual([false, true, true]);
});
