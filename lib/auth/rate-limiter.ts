export type RateLimiterOptions = {
  /** How many in a minute, and how many at once; 0 for any number. */
  perMinute: number;
  now?: () => number;
  /** How many callers are remembered; the one that was away longest is forgotten first. */
  most?: number;
};

/** Takes one of a key's turns. @returns seconds until there is one, undefined when it was taken */
export type TakeTurn = (key: string) => number | undefined;

type Bucket = { left: number; at: number };

/** A token bucket for each key: what was not used comes back at an even pace. */
export const createRateLimiter = ({ perMinute, now = Date.now, most = 10_000 }: RateLimiterOptions): TakeTurn => {
  if (perMinute === 0) return () => undefined;
  const buckets = new Map<string, Bucket>();
  const perMs = perMinute / 60_000;
  const filled = ({ left, at }: Bucket): number => Math.min(perMinute, left + (now() - at) * perMs);
  return (key) => {
    const before = buckets.get(key);
    const left = before ? filled(before) : perMinute;
    if (left < 1) return Math.ceil((1 - left) / perMs / 1000);
    buckets.delete(key);
    buckets.set(key, { left: left - 1, at: now() });
    const [oldest] = buckets.keys();
    if (buckets.size > most && oldest !== undefined) buckets.delete(oldest);
    return undefined;
  };
};
