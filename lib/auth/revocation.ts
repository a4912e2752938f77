import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../errors.ts';
import { fetchJson } from './fetch-json.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** Whether a token whose signature holds was revoked before its time. */
export type IsRevoked = (token: string) => Promise<boolean>;

export type RevocationOptions = {
  /** Asks the issuer. */
  isActive: (token: string) => Promise<boolean>;
  /** How long an answer counts. */
  seconds: number;
  now?: () => number;
};

const timeoutMs = 1000;
const defaultSeconds = 10;
/** After an issuer did not answer it is left alone for so long. */
const restMs = 10_000;
const mostTokens = 10_000;

type Answer = { revoked: Promise<boolean>; until: number };

/** Of what is signed: one signature can be spelled in several ways, each of which would else be asked about anew. */
const digest = (token: string): string => createHash('sha256').update(token.split('.', 2).join('.')).digest('base64');

const keep = (answers: Map<string, Answer>, key: string, answer: Answer): void => {
  answers.delete(key);
  answers.set(key, answer);
  const [oldest] = answers.keys();
  if (answers.size > mostTokens && oldest !== undefined) answers.delete(oldest);
};

/**
 * Remembers what the issuer said of a token. What was revoked stays so. While the issuer does not answer, tokens count
 * as long as they last (docs/adr/0015-revocation.md).
 */
export const createRevocationCache = ({ isActive, seconds, now = Date.now }: RevocationOptions): IsRevoked => {
  const answers = new Map<string, Answer>();
  let restUntil = Number.NEGATIVE_INFINITY;

  const ask = async (token: string, key: string): Promise<boolean> => {
    try {
      const revoked = !(await isActive(token));
      if (revoked) keep(answers, key, { revoked: Promise.resolve(true), until: Number.POSITIVE_INFINITY });
      return revoked;
    } catch {
      restUntil = now() + restMs;
      return false;
    }
  };

  return async (token) => {
    const key = digest(token);
    const known = answers.get(key);
    if (known && now() < known.until) return known.revoked;
    if (now() < restUntil) return false;
    const revoked = ask(token, key);
    keep(answers, key, { revoked, until: now() + seconds * 1000 });
    return revoked;
  };
};

const secretOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError('AUTH_ISSUERS', `such that ${file} can be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

/**
 * Asks by RFC 7662 where the issuer has an introspection endpoint; else no token is ever revoked.
 * @throws ConfigError when the client's secret can't be read
 */
export const createRevocationCheck = (introspection: TrustedIssuer['introspection']): IsRevoked => {
  if (!introspection) return async () => false;
  const { uri: url, clientId, secretFile, seconds = defaultSeconds } = introspection;
  const pair = [clientId, secretOf(secretFile)].map(encodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  return createRevocationCache({
    seconds,
    isActive: async (token) => {
      const form = { token, token_type_hint: 'access_token' };
      const { active } = (await fetchJson({ url, form, authorization, timeoutMs })) as { active?: unknown };
      if (typeof active !== 'boolean') throw new Error(`${url} did not say whether the token is active`);
      return active;
    },
  });
};
