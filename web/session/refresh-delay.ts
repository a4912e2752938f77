/** Time before the expiry of the access token at which the page asks for another one, in milliseconds. */
const refreshAheadMs = 60_000;

/** Shortest time until a refresh in milliseconds. Doubles with each refresh that failed, up to five minutes. */
const shortestMs = 5000;
const longestBackoffMs = 300_000;

/** Longest time that a timer of a browser takes, in milliseconds. A longer one would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Tells whether an access token is not to be replaced yet. @param expires time of its expiry, in RFC 3339 */
export const isFresh = (expires: string, now: number): boolean => Date.parse(expires) - now > refreshAheadMs;

/**
 * Returns the time until the next refresh, in milliseconds.
 * @param expires time when the access token expires, in RFC 3339
 * @param failures number of refreshes in a row that failed
 */
export const refreshDelay = (expires: string, now: number, failures: number): number => {
  const backoff = Math.min(shortestMs * 2 ** failures, longestBackoffMs);
  return Math.min(Math.max(Date.parse(expires) - now - refreshAheadMs, backoff), longestTimerMs);
};
