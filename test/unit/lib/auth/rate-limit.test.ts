import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAccess } from '../../../../lib/auth/access.ts';
import { createRateLimiter, type RateLimitOptions, withRateLimit } from '../../../../lib/auth/rate-limit.ts';
import { ApiError } from '../../../../lib/errors.ts';

const accessOf = (subject: string) =>
  createAccess({ subject, credential: 'person', grants: [{ tool: 'mine', scopes: ['read', 'build'] }] });

/** Returns a rate-limited authentication that accepts all tokens except tokens that begin with "bad". */
const limitedAuthenticate = (options: Partial<RateLimitOptions> = {}) => {
  const logged: unknown[][] = [];
  const log = (...line: unknown[]) => void logged.push(line);
  const all = { rateReads: 2, rateChanges: 1, failureDelayMs: 0, now: () => 0, log, ...options };
  const authenticate = withRateLimit(async ({ authorization = '' }) => {
    if (authorization.startsWith('bad')) throw new ApiError(401, 'token_invalid', 'The token has expired.');
    return accessOf(authorization);
  }, all);
  return { logged, authenticate };
};

const limited = expect.objectContaining({ status: 429, code: 'rate_limited', retryAfter: expect.any(Number) });

test('a caller with too many requests gets 429; reads and changes, callers and tools are counted apart', async () => {
  const { authenticate } = limitedAuthenticate();
  const [ada, ben] = [await authenticate({ authorization: 'ada' }), await authenticate({ authorization: 'ben' })];
  ada.assertTool('mine', 'read');
  ada.assertTool('mine', 'read');
  expect(() => ada.assertTool('mine', 'read')).toThrow(limited);
  ada.assertTool('mine', 'build');
  expect(() => ada.assertTool('mine', 'build')).toThrow(limited);
  ben.assertTool('mine', 'read');
  expect(() => ada.assertTool('other', 'read')).toThrow(expect.objectContaining({ status: 403 }));
});

test('a refused sign-in is counted and logged without its token', async () => {
  const { authenticate, logged } = limitedAuthenticate();
  const refused = { status: 401, code: 'token_invalid' };
  await expect(authenticate({ authorization: 'bad-secret' })).rejects.toMatchObject(refused);
  await expect(authenticate({ authorization: 'bad-secret' })).rejects.toMatchObject(refused);
  expect(logged).toEqual(
    [1, 2].map((count) => ['WARNING', 'sign-in refused', { reason: 'The token has expired.', refused: count }]),
  );
  await expect(authenticate({ authorization: 'ada' })).resolves.toMatchObject({ subject: 'ada' });
});

test('of 100 bad tokens at once 20 wait for 401 and 80 get 429 at once, while a valid token is accepted', async () => {
  const delays: number[] = [];
  const { promise: elapsed, resolve: elapse } = Promise.withResolvers<void>();
  const sleep = (ms: number) => {
    delays.push(ms);
    return elapsed;
  };
  const { authenticate } = limitedAuthenticate({ failureDelayMs: 50, sleep });
  const refusals: number[] = [];
  const flood = Array.from({ length: 100 }, () =>
    authenticate({ authorization: 'bad' }).catch(({ status }) => refusals.push(status)),
  );
  await expect(authenticate({ authorization: 'ada' })).resolves.toMatchObject({ subject: 'ada' });
  await new Promise(setImmediate);
  expect(refusals).toEqual(Array(80).fill(429));
  elapse();
  await Promise.all(flood);
  expect(refusals.slice(80)).toEqual(Array(20).fill(401));
  expect(delays).toEqual(Array(20).fill(50));
});

test('createRateLimiter passes at most its rate and its burst, and passes a key again after the seconds it returned', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), steps, (perMinute, pauses) => {
      let clock = 0;
      let passed = 0;
      const count = createRateLimiter({ perMinute, now: () => clock });
      for (const pause of pauses) {
        clock += pause;
        const seconds = count('key');
        if (seconds === undefined) passed++;
        else clock += seconds * 1000;
        expect(passed).toBeLessThanOrEqual(perMinute + (clock / 60_000) * perMinute + 1e-6);
        if (seconds !== undefined) {
          expect(count('key')).toBeUndefined();
          passed++;
        }
      }
    }),
  );
});

test('createRateLimiter forgets the key used longest ago when it remembers too many', () => {
  const count = createRateLimiter({ perMinute: 1, now: () => 0, maxKeys: 2 });
  for (const key of ['a', 'b', 'c']) expect(count(key)).toBeUndefined();
  expect(count('c')).toBe(60);
  expect(count('a')).toBeUndefined();
});
