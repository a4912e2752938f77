import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Access } from './access.ts';
import type { Authenticate } from './authenticate.ts';
import type { Scope } from './scopes.ts';

export type RateLimiterOptions = {
  /** Limit for the requests of one key, in a minute and at once. 0 for no limit. */
  perMinute: number;
  now?: () => number;
  /** Number of keys to remember. The key used longest ago is forgotten first. Default 10,000. */
  maxKeys?: number;
};

/** Counts a request of a key. Returns undefined when the request may pass, else the seconds to wait. */
export type RateLimiter = (key: string) => number | undefined;

type Bucket = { tokens: number; at: number };

/** Limits the requests of each key with a token bucket, which is full at first and refills at an even pace. */
export const createRateLimiter = (options: RateLimiterOptions): RateLimiter => {
  const { perMinute, now = Date.now, maxKeys = 10_000 } = options;
  if (perMinute === 0) return () => undefined;
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / 60_000;
  const refilled = ({ tokens, at }: Bucket): number => Math.min(perMinute, tokens + (now() - at) * perMs);
  return (key) => {
    const bucket = buckets.get(key);
    const tokens = bucket ? refilled(bucket) : perMinute;
    if (tokens < 1) return Math.ceil((1 - tokens) / perMs / 1000);
    // A Map keeps the order of insertion. Deleting the key first moves it to the end, so the first key is the oldest
    // one.
    buckets.delete(key);
    buckets.set(key, { tokens: tokens - 1, at: now() });
    const [oldest] = buckets.keys();
    if (buckets.size > maxKeys && oldest !== undefined) buckets.delete(oldest);
    return undefined;
  };
};

export type RateLimitOptions = {
  /**
   * Limit for requests with the scope `read`, of one caller for one tool in a minute, to one instance. 0 for no limit.
   */
  rateReads: number;
  /** The same limit for requests with the scopes `build` and `admin`. */
  rateChanges: number;
  /** Milliseconds before a request with a bad credential is refused. */
  failureDelayMs: number;
  log: Log;
  now?: () => number;
  sleep?: (ms: number) => Promise<void>;
};

/** Number of refused requests that may wait at once. Without a limit, guessed tokens could hold all connections. */
const maxWaiting = 20;

const rateLimited = (sentence: string, retryAfter: number): ApiError =>
  new ApiError(429, 'rate_limited', sentence, { retryAfter });

type LimitRate = (access: Access, tool: string, scope: Scope) => void;

/** @returns a function that throws ApiError 429 `rate_limited` when a caller sends too many requests for a tool */
const createLimitRate = ({ rateReads, rateChanges, now = Date.now }: RateLimitOptions): LimitRate => {
  const reads = createRateLimiter({ perMinute: rateReads, now });
  const changes = createRateLimiter({ perMinute: rateChanges, now });
  return ({ subject }, tool, scope) => {
    const limiter = scope === 'read' ? reads : changes;
    const seconds = limiter(`${subject} ${tool}`);
    if (seconds !== undefined) throw rateLimited(`Too many requests. Retry in ${seconds} s.`, seconds);
  };
};

/**
 * @returns a function that counts and logs a bad credential, waits, and throws the error again, or 429 when too many
 * wait
 */
const createRefuse = ({ failureDelayMs, log, sleep = delay }: RateLimitOptions) => {
  let [refused, waiting] = [0, 0];
  return async (error: unknown): Promise<never> => {
    if (!(error instanceof ApiError) || error.code !== 'token_invalid') throw error;
    log('WARNING', 'sign-in refused', { reason: error.message, refused: ++refused });
    if (waiting >= maxWaiting) throw rateLimited('Too many sign-ins are refused at the moment. Retry in 5 s.', 5);
    waiting++;
    await sleep(failureDelayMs).finally(() => waiting--);
    throw error;
  };
};

/**
 * Limits the requests of each caller for each tool, and slows down the guessing of tokens
 * (docs/adr/0017-rate-limits.md). The limit is checked by `assertTool` of the access that `authenticate` returns.
 */
export const withRateLimit = (authenticate: Authenticate, options: RateLimitOptions): Authenticate => {
  const limitRate = createLimitRate(options);
  const refuse = createRefuse(options);
  return async (headers) => {
    const access = await authenticate(headers).catch(refuse);
    return {
      ...access,
      assertTool: (tool, scope) => {
        access.assertTool(tool, scope);
        limitRate(access, tool, scope);
      },
    };
  };
};
