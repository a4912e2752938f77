import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAccess } from '../../../../lib/auth/access.ts';
import { type RateLimitOptions, withRateLimit } from '../../../../lib/auth/rate-limit.ts';
import { createRateLimiter } from '../../../../lib/auth/rate-limiter.ts';
import { ApiError } from '../../../../lib/errors.ts';

const caller = (subject: string) =>
  createAccess({ subject, credential: 'person', grants: [{ tool: 'mine', scopes: ['read', 'build'] }] });

const guard = (options: Partial<RateLimitOptions> = {}) => {
  const logged: unknown[][] = [];
  const log = (...line: unknown[]) => void logged.push(line);
  const all = { rateReads: 2, rateChanges: 1, failureDelayMs: 0, now: () => 0, log, ...options };
  const authenticate = withRateLimit(async ({ authorization = '' }) => {
    if (authorization.startsWith('bad')) throw new ApiError(401, 'token_invalid', 'The token has expired.');
    return caller(authorization);
  }, all);
  return { logged, authenticate };
};

const limited = expect.objectContaining({ status: 429, code: 'rate_limited', retryAfter: expect.any(Number) });

test('who asks too often is told when to go on; reads and changes, callers and tools count apart', async () => {
  const { authenticate } = guard();
  const [ada, ben] = [await authenticate({ authorization: 'ada' }), await authenticate({ authorization: 'ben' })];
  ada.assertTool('mine', 'read');
  ada.assertTool('mine', 'read');
  expect(() => ada.assertTool('mine', 'read')).toThrow(limited);
  ada.assertTool('mine', 'build');
  expect(() => ada.assertTool('mine', 'build')).toThrow(limited);
  ben.assertTool('mine', 'read');
  expect(() => ada.assertTool('other', 'read')).toThrow(expect.objectContaining({ status: 403 }));
});

test('a signing in that is refused is counted, without its token', async () => {
  const { authenticate, logged } = guard();
  const refused = { status: 401, code: 'token_invalid' };
  await expect(authenticate({ authorization: 'bad-secret' })).rejects.toMatchObject(refused);
  await expect(authenticate({ authorization: 'bad-secret' })).rejects.toMatchObject(refused);
  expect(logged).toEqual(
    [1, 2].map((count) => ['WARNING', 'sign-in refused', { reason: 'The token has expired.', refused: count }]),
  );
  await expect(authenticate({ authorization: 'ada' })).resolves.toMatchObject({ subject: 'ada' });
});

test('in a flood of refused ones most are told to come later, and the good ones pass', async () => {
  const { authenticate } = guard({ failureDelayMs: 50 });
  const flood = Array.from({ length: 100 }, () => authenticate({ authorization: 'bad' }).catch(({ status }) => status));
  await expect(authenticate({ authorization: 'ada' })).resolves.toMatchObject({ subject: 'ada' });
  const statuses = await Promise.all(flood);
  expect(statuses.filter((status) => status === 401)).toHaveLength(20);
  expect(statuses.filter((status) => status === 429)).toHaveLength(80);
});

test('a bucket never gives more than its rate and what it holds, and gives again when it says', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), steps, (perMinute, pauses) => {
      let clock = 0;
      let given = 0;
      const take = createRateLimiter({ perMinute, now: () => clock });
      for (const pause of pauses) {
        clock += pause;
        const seconds = take('key');
        if (seconds === undefined) given++;
        else clock += seconds * 1000;
        expect(given).toBeLessThanOrEqual(perMinute + (clock / 60_000) * perMinute + 1e-6);
        if (seconds !== undefined) {
          expect(take('key')).toBeUndefined();
          given++;
        }
      }
    }),
  );
});

test('only so many callers are remembered', () => {
  const take = createRateLimiter({ perMinute: 1, now: () => 0, most: 2 });
  for (const key of ['a', 'b', 'c']) expect(take(key)).toBeUndefined();
  expect(take('c')).toBe(60);
  expect(take('a')).toBeUndefined();
});
