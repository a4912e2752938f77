import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import { fetchJson } from './fetch-json.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** Tells whether a token was revoked. The token's signature must have been verified before. */
export type IsRevoked = (token: string) => Promise<boolean>;

export type RevocationOptions = {
  /** Requests the state of a token from its issuer, and tells whether the token is still active. */
  isActive: (token: string) => Promise<boolean>;
  /** Seconds for which the issuer's response about a token is remembered. */
  seconds: number;
  now?: () => number;
};

/** Time limit for a request to an issuer's introspection endpoint, in milliseconds. */
const timeoutMs = 1000;
/** Default of an issuer's `introspection.seconds`: how long a response about a token is remembered, in seconds. */
const defaultSeconds = 10;
/**
 * Pause in milliseconds after a request to an issuer's introspection endpoint failed. Meanwhile, only tokens that are
 * known to be revoked are refused.
 */
const pauseMs = 10_000;
/** Number of tokens whose revocation state is remembered. The token remembered longest ago is forgotten first. */
const maxTokens = 10_000;

type Verdict = { revoked: Promise<boolean>; until: number };

/**
 * Returns the key under which the revocation state of a token is remembered: the digest of the token's signed part. The
 * signature is left out: its base64 can be spelled in several ways, and each spelling would cost a request to the
 * issuer.
 */
const digest = (token: string): string => createHash('sha256').update(token.split('.', 2).join('.')).digest('base64');

class RevocationCache {
  readonly #isActive: (token: string) => Promise<boolean>;
  readonly #seconds: number;
  readonly #now: () => number;
  readonly #verdicts = new Map<string, Verdict>();
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor({ isActive, seconds, now = Date.now }: RevocationOptions) {
    this.#isActive = isActive;
    this.#seconds = seconds;
    this.#now = now;
  }

  async isRevoked(token: string): Promise<boolean> {
    const key = digest(token);
    const known = this.#verdicts.get(key);
    if (known && this.#now() < known.until) return known.revoked;
    if (this.#now() < this.#pausedUntil) return false;
    const revoked = this.#request(token, key);
    this.#remember(key, { revoked, until: this.#now() + this.#seconds * 1000 });
    return revoked;
  }

  async #request(token: string, key: string): Promise<boolean> {
    try {
      const revoked = !(await this.#isActive(token));
      if (revoked) this.#remember(key, { revoked: Promise.resolve(true), until: Number.POSITIVE_INFINITY });
      return revoked;
    } catch {
      this.#pausedUntil = this.#now() + pauseMs;
      return false;
    }
  }

  #remember(key: string, verdict: Verdict): void {
    this.#verdicts.delete(key);
    this.#verdicts.set(key, verdict);
    const [oldest] = this.#verdicts.keys();
    if (this.#verdicts.size > maxTokens && oldest !== undefined) this.#verdicts.delete(oldest);
  }
}

/**
 * Makes a check that remembers the issuer's responses about tokens: a token counts as active for `seconds`, and as
 * revoked for good. While the issuer does not respond, tokens count as active until they expire
 * (docs/adr/0015-revocation.md).
 */
export const createRevocationCache = (options: RevocationOptions): IsRevoked => {
  const cache = new RevocationCache(options);
  return (token) => cache.isRevoked(token);
};

const readSecret = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError('AUTH_ISSUERS', `such that ${file} can be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

/**
 * Makes the check whether a token was revoked, which requests the token's state from the issuer's introspection
 * endpoint. Without an endpoint no token counts as revoked.
 * @throws ConfigError when the file with the client's secret can't be read
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
export const createRevocationCheck = (introspection: TrustedIssuer['introspection']): IsRevoked => {
  if (!introspection) return async () => false;
  const { uri: url, clientId, secretFile, seconds = defaultSeconds } = introspection;
  const credentials = [clientId, readSecret(secretFile)].map(encodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const isActive = async (token: string): Promise<boolean> => {
    const form = { token, token_type_hint: 'access_token' };
    const { active } = (await fetchJson({ url, form, authorization, timeoutMs })) as { active?: unknown };
    if (typeof active !== 'boolean') throw new Error(`${url} did not say whether the token is active`);
    return active;
  };
  return createRevocationCache({ seconds, isActive });
};
