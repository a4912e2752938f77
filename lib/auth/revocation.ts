import { createHash } from 'node:crypto';
import type { Log } from '../log.ts';
import { createSingleFlight } from '../single-flight.ts';
import { uncheckable } from './challenge.ts';
import { type Introspect, IntrospectionOutage, introspectionFrom, type TokenState } from './introspection.ts';
import { createRevokedTokens } from './revoked-tokens.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/**
 * Tells whether a token was revoked. The token's signature must have been verified before.
 * @param expires time when the token expires, in seconds since 1970
 * @throws ApiError 503 `unavailable` when the issuer can tell the state of other tokens, but not of this token
 */
export type IsRevoked = (token: string, expires: number) => Promise<boolean>;

export type RevocationOptions = {
  introspect: Introspect;
  /** Seconds for which the issuer's response about a token is remembered. */
  seconds: number;
  /** Receives a line when an outage begins. */
  log?: Log | undefined;
  now?: () => number;
  /** Limit for the number of tokens of each state that are remembered. Default 10,000 active and 20,000 revoked. */
  maxTokens?: number;
};

/** Default of an issuer's `introspection.seconds`: how long a response about a token is remembered, in seconds. */
const defaultSeconds = 10;
/**
 * Pause in milliseconds after an outage of an issuer's introspection endpoint was noticed. Meanwhile, only tokens that
 * are known to be revoked are refused.
 */
const pauseMs = 10_000;
/**
 * Least time in milliseconds for which a failed request for one token is remembered, so that one token can't cause a
 * request to the issuer for each request of its holder.
 */
const failureMs = 5000;

type Verdict = { state: TokenState; until: number };

/**
 * Returns the key under which the state of a token is remembered: the digest of the token's signed part. Security: the
 * signature is left out, because a holder of a token can make another valid ECDSA signature from a valid one.
 */
const digest = (token: string): string => createHash('sha256').update(token.split('.', 2).join('.')).digest('base64');

class RevocationCache {
  readonly #options: RevocationOptions;
  readonly #now: () => number;
  readonly #maxVerdicts: number;
  readonly #revoked;
  readonly #verdicts = new Map<string, Verdict>();
  readonly #shared = createSingleFlight<TokenState>();
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: RevocationOptions) {
    const { now = Date.now, maxTokens } = options;
    this.#options = options;
    this.#now = now;
    this.#maxVerdicts = maxTokens ?? 10_000;
    this.#revoked = createRevokedTokens({ now, ...(maxTokens === undefined ? {} : { maxTokens }) });
  }

  async isRevoked(token: string, expires: number): Promise<boolean> {
    const key = digest(token);
    if (this.#revoked.has(key)) return true;
    const state = this.#known(key) ?? (await this.#shared(key, () => this.#request(token, key, expires)));
    if (state === 'failed') throw uncheckable(new Error('introspection fails for one token'));
    return state !== 'active';
  }

  #known(key: string): TokenState | undefined {
    const verdict = this.#verdicts.get(key);
    if (verdict && this.#now() < verdict.until) return verdict.state;
    return this.#now() < this.#pausedUntil ? 'active' : undefined;
  }

  async #request(token: string, key: string, expires: number): Promise<TokenState> {
    const began = this.#now();
    const { introspect, seconds } = this.#options;
    try {
      const state = await introspect(token);
      const ms = state === 'active' || state === 'revoked' ? seconds * 1000 : Math.max(seconds * 1000, failureMs);
      this.#remember(key, { state, until: began + ms });
      if (state === 'revoked') this.#revoked.add(key, expires);
      return state;
    } catch (error) {
      if (!(error instanceof IntrospectionOutage)) throw error;
      this.#pause(error);
      return 'active';
    }
  }

  #pause(error: IntrospectionOutage): void {
    const isNew = this.#now() >= this.#pausedUntil;
    this.#pausedUntil = this.#now() + pauseMs;
    const severity = error.isDenied ? 'ERROR' : 'WARNING';
    if (isNew) this.#options.log?.(severity, 'introspection fails, so revoked tokens may be accepted', { error });
  }

  #remember(key: string, verdict: Verdict): void {
    this.#verdicts.delete(key);
    this.#verdicts.set(key, verdict);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > this.#maxVerdicts && oldest !== undefined) this.#verdicts.delete(oldest);
  }
}

/**
 * Makes a check that remembers the issuer's responses about tokens: a token counts as active for `seconds`, and as
 * revoked until it expires. During an outage of the issuer, tokens count as active until they expire, except tokens
 * that are known to be revoked (docs/adr/0015-revocation.md).
 */
export const createRevocationCache = (options: RevocationOptions): IsRevoked => {
  const cache = new RevocationCache(options);
  return (token, expires) => cache.isRevoked(token, expires);
};

/**
 * Makes the check whether a token was revoked, which requests the token's state from the issuer's introspection
 * endpoint. Without an endpoint no token counts as revoked.
 * @throws ConfigError when the file with the client's secret can't be read
 */
export const createRevocationCheck = (introspection: TrustedIssuer['introspection'], log?: Log): IsRevoked => {
  if (!introspection) return async () => false;
  const { seconds = defaultSeconds } = introspection;
  return createRevocationCache({ seconds, introspect: introspectionFrom(introspection, log), log });
};
