import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Access } from './access.ts';
import type { Authenticate } from './authenticate.ts';
import { createRateLimiter } from './rate-limiter.ts';
import type { Scope } from './scopes.ts';

export type RateLimitOptions = {
  /** Requests of one caller for one tool in a minute, to one instance; 0 for any number. */
  rateReads: number;
  rateChanges: number;
  /** How long a refused sign-in takes, in milliseconds. */
  failureDelayMs: number;
  log: Log;
  now?: () => number;
};

/** More than these don't wait: a flood of guesses may not hold the instance's connections. */
const mostWaiting = 20;

const tooMany = (sentence: string, retryAfter: number): ApiError =>
  new ApiError(429, 'rate_limited', sentence, { retryAfter });

type Limit = (identity: Access, tool: string, scope: Scope) => void;

const createLimit = ({ rateReads, rateChanges, ...more }: RateLimitOptions): Limit => {
  const clock = more.now ? { now: more.now } : {};
  const reads = createRateLimiter({ perMinute: rateReads, ...clock });
  const changes = createRateLimiter({ perMinute: rateChanges, ...clock });
  return ({ subject }, tool, scope) => {
    const seconds = (scope === 'read' ? reads : changes)(`${subject} ${tool}`);
    if (seconds !== undefined) throw tooMany(`You ask too often. Go on in ${seconds} s.`, seconds);
  };
};

const limited = (identity: Access, limit: Limit): Access => ({
  ...identity,
  assertTool: (tool, scope) => {
    identity.assertTool(tool, scope);
    limit(identity, tool, scope);
  },
});

/** Counts what was refused, and takes its time to say so. @throws ApiError what it was given, or 429 in a flood */
const createRefuse = ({ failureDelayMs, log }: RateLimitOptions) => {
  let [refused, waiting] = [0, 0];
  return async (error: unknown): Promise<never> => {
    if (!(error instanceof ApiError) || error.code !== 'token_invalid') throw error;
    log('WARNING', 'sign-in refused', { reason: error.message, refused: ++refused });
    if (waiting >= mostWaiting) throw tooMany('Too many sign-ins are refused at the moment. Try again in 5 s.', 5);
    waiting++;
    await sleep(failureDelayMs).finally(() => waiting--);
    throw error;
  };
};

/** Keeps a script that runs away from the API server, and guessing slow (docs/adr/0017-rate-limits.md). */
export const withRateLimit = (authenticate: Authenticate, options: RateLimitOptions): Authenticate => {
  const limit = createLimit(options);
  const refuse = createRefuse(options);
  return async (headers) => limited(await authenticate(headers).catch(refuse), limit);
};
