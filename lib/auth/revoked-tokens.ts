/** Remembers which tokens were revoked, until they expire. */
export type RevokedTokens = {
  has: (key: string) => boolean;
  /** Remembers a revoked token. @param expires time when the token expires, in seconds since 1970 */
  add: (key: string, expires: number) => void;
};

export type RevokedTokensOptions = {
  now?: () => number;
  /** Number of revoked tokens that are remembered at once, in about 150 bytes each. Default 20,000. */
  maxTokens?: number;
};

/** Time in milliseconds for which a token is remembered after it expired, because clocks differ. */
const clockToleranceMs = 60_000;

/**
 * Makes a memory of revoked tokens. Security: a full memory takes no further token, instead of forgetting one. So nobody
 * can make this memory forget a token by having many other tokens revoked.
 */
export const createRevokedTokens = ({
  now = Date.now,
  maxTokens = 20_000,
}: RevokedTokensOptions = {}): RevokedTokens => {
  const expiries = new Map<string, number>();
  const forgetExpired = (): void => {
    for (const [key, expires] of expiries) if (expires * 1000 + clockToleranceMs < now()) expiries.delete(key);
  };
  return {
    has: (key) => expiries.has(key),
    add: (key, expires) => {
      if (expiries.size >= maxTokens) forgetExpired();
      if (expiries.size < maxTokens) expiries.set(key, expires);
    },
  };
};
