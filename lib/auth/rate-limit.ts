import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Access } from './access.ts';
import type { Authenticate } from './authenticate.ts';
import type { Scope } from './scopes.ts';

export type RateLimiterOptions = {
  /** Number of requests with the same key that may pass in a minute, even all at once. 0 for no limit. */
  perMinute: number;
  now?: () => number;
  /** Number of keys that a rate limiter remembers. The key used longest ago is forgotten first. Default 10,000. */
  maxKeys?: number;
};

/**
 * Counts a request under a key, such as its caller. Returns undefined when the request may pass, else the seconds to
 * wait.
 */
export type RateLimiter = (key: string) => number | undefined;

type Bucket = { tokens: number; at: number };

/** Makes a rate limiter with a token bucket for each key. A bucket is full at first and refills at an even pace. */
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
    // A Map keeps the order of insertion. Deleting and setting a key moves it to the end of the Map, so the first key
    // is the one used longest ago.
    buckets.delete(key);
    buckets.set(key, { tokens: tokens - 1, at: now() });
    const [oldest] = buckets.keys();
    if (buckets.size > maxKeys && oldest !== undefined) buckets.delete(oldest);
    return undefined;
  };
};

export type RateLimitOptions = {
  /**
   * Limit for requests that need the scope `read`, of one caller for one tool in a minute, to one instance. 0 for no
   * limit.
   */
  rateReads: number;
  /**
   * Limit for requests that need the scope `build` or `admin`, of one caller for one tool in a minute, to one instance.
   * 0 for no limit.
   */
  rateChanges: number;
  /**
   * Delay in milliseconds before a request with a bad token or a wrong gateway's secret is refused, which slows down
   * guessing.
   */
  failureDelayMs: number;
  log: Log;
  now?: () => number;
  sleep?: (ms: number) => Promise<void>;
};

/**
 * Number of requests with a bad credential that may wait for their refusal at once. Without a limit, guessed credentials
 * could hold all connections.
 */
const maxWaiting = 20;

const rateLimited = (sentence: string, retryAfter: number): ApiError =>
  new ApiError(429, 'rate_limited', sentence, { retryAfter });

type LimitRate = (access: Access, tool: string, scope: Scope) => void;

/** Makes a function that throws ApiError 429 `rate_limited` when a caller sends too many requests for a tool. */
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
 * Makes a function that refuses a request with a bad credential: logs and counts the refusal, waits, and throws the given
 * error. When too many refusals wait already, throws ApiError 429 at once. Other errors are thrown unchanged.
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
 * Adds rate limits to an authentication: limits the requests of each caller for each tool, and slows down the guessing
 * of credentials (docs/adr/0017-rate-limits.md). The access that the authentication returns checks the limit in
 * `assertTool`.
 */
export const withRateLimit = (authenticate: Authenticate, options: RateLimitOptions): Authenticate => {
  const limitRate = createLimitRate(options);
  const refuse = createRefuse(options);
  return async (headers, target) => {
    const access = await authenticate(headers, target).catch(refuse);
    return {
      ...access,
      assertTool: (tool, scope) => {
        access.assertTool(tool, scope);
        limitRate(access, tool, scope);
      },
    };
  };
};
