import { accessSync, constants } from 'node:fs';
import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, type JWTVerifyResult, jwtVerify } from 'jose';
import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import { createAccess, type Grant } from './access.ts';
import type { CredentialCheck } from './authenticate.ts';
import { bearerToken } from './bearer-token.ts';
import { invalidCredential, uncheckable } from './challenge.ts';
import { createIssuerKeys, downloadKeys, KeysUnavailable } from './issuer-keys.ts';
import { createRevocationCheck, type IsRevoked } from './revocation.ts';
import { type GrantsOf, grantsBy } from './rules.ts';
import { readSavedKeys } from './saved-keys.ts';
import { isScope, type Scope } from './scopes.ts';
import { otherPurpose } from './token-purpose.ts';
import { rulesOf, type TrustedIssuer } from './trusted-issuers.ts';

/**
 * Signature algorithms that are accepted in tokens. All are asymmetric: with HS256, anybody could sign a token with the
 * issuer's public key.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-3.1
 */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Accepted difference between this machine's clock and the clock of a token's issuer, in seconds. */
const clockToleranceSeconds = 30;
/** Limit for the length of a token's subject, in characters. The subject is a key of the rate limits. */
const maxSubjectLength = 2048;
/** Latest time of expiry that JavaScript's Date can show, in seconds since 1970. */
const maxExpiry = 8.64e12;

/** Returns the issuer that a token names. The name can't be trusted before the token's signature is verified. */
const claimedIssuer = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    throw invalidCredential('The token is not a JWT.', error);
  }
};

/** Formats a time of a token, in seconds since 1970. */
const formatTime = (seconds: unknown): string =>
  typeof seconds === 'number' && Math.abs(seconds) <= maxExpiry
    ? new Date(seconds * 1000).toISOString().replace(/\.[0-9]+Z$/, 'Z')
    : 'an unknown time';

const here = (): string => `here it is ${formatTime(Date.now() / 1000)}`;

type Describe = (payload: JWTPayload, issuer: TokenIssuer) => string;

/** Sentences about a claim that makes a genuine token invalid. */
const claimProblems: Readonly<Record<string, Describe>> = {
  aud: (_, { audience }) => `The token is for another service: its audience must be ${audience}.`,
  iss: ({ iss }, { issuer }) => `The token is from ${JSON.stringify(iss)}, and must be from ${JSON.stringify(issuer)}.`,
  nbf: ({ nbf }) =>
    `The token is not valid yet: it counts from ${formatTime(nbf)} on, and ${here()}. If that is wrong, the clock of the token's issuer or of the build service is wrong.`,
  typ: () => 'The token is a token of another type. Send an access token.',
};

/** Says why a token is refused. The claims are checked only after the signature was verified. */
const describe = (error: unknown, issuer: TokenIssuer): string => {
  if (error instanceof errors.JWTExpired)
    return `The token expired on ${formatTime(error.payload.exp)}, and ${here()}. Sign in again.`;
  const problem = error instanceof errors.JWTClaimValidationFailed ? claimProblems[error.claim] : undefined;
  if (!problem) return 'The token is not genuine, or is not complete.';
  return problem((error as errors.JWTClaimValidationFailed).payload, issuer);
};

/** Claims of a verified token. */
export type VerifiedClaims = JWTPayload & { sub: string; exp: number };

const isSubject = (sub: unknown): sub is string =>
  typeof sub === 'string' && sub !== '' && sub.length <= maxSubjectLength;

/**
 * Checks what the JWT library does not check.
 * @throws ApiError 401 `token_invalid` for a token that is not for access, or has a wrong subject or time of expiry
 */
const checkClaims = ({ payload, protectedHeader }: JWTVerifyResult): VerifiedClaims => {
  const { sub, exp } = payload;
  const purpose = otherPurpose(protectedHeader, payload);
  if (purpose) throw invalidCredential(`The token is ${purpose}. Send an access token.`);
  if (!isSubject(sub))
    throw invalidCredential(`The token's subject must be a text of 1 to ${maxSubjectLength} characters.`);
  if (exp === undefined || exp > maxExpiry) throw invalidCredential("The token's time of expiry is not valid.");
  return { ...payload, sub, exp };
};

/**
 * Requirements of a token: the issuer and the audience that the token must name, and the keys that may have signed it.
 */
export type TokenIssuer = {
  issuer: string;
  audience: string;
  keys: JWTVerifyGetKey;
  /** Value that the header `typ` of the token must have. Default: the values that access tokens have. */
  tokenType?: TrustedIssuer['tokenType'];
};

const verifySignature = async (token: string, expected: TokenIssuer): Promise<JWTVerifyResult> => {
  const { issuer, audience, keys, tokenType } = expected;
  try {
    return await jwtVerify(token, keys, {
      algorithms,
      issuer,
      audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
      ...(tokenType ? { typ: tokenType } : {}),
    });
  } catch (error) {
    if (error instanceof KeysUnavailable) throw uncheckable(error);
    throw invalidCredential(describe(error, expected), error);
  }
};

/**
 * Verifies a token and returns its claims.
 * @throws ApiError 401 `token_invalid`, 503 `unavailable` when the issuer's keys can't be loaded
 */
export const verifyToken = async (token: string, issuer: TokenIssuer): Promise<VerifiedClaims> =>
  checkClaims(await verifySignature(token, issuer));

/**
 * Returns the scopes that a token names in its issuer's `scopeClaim`. Undefined for an issuer without a `scopeClaim`.
 */
const scopesIn = (claims: JWTPayload, { scopeClaim }: TrustedIssuer): Scope[] | undefined => {
  if (scopeClaim === undefined) return undefined;
  const value = claims[scopeClaim];
  const words: unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? value.split(' ') : [];
  return words.filter(isScope);
};

const narrowGrants = (grants: Grant[], scopes: readonly Scope[] | undefined): Grant[] =>
  grants.map(({ tool, scopes: given }) => ({ tool, scopes: given.filter((scope) => scopes?.includes(scope) ?? true) }));

export type TokenCheckOptions = {
  /** Folder where the ConfigMap with the issuers' saved keys is mounted (docs/adr/0016-saved-keys.md). */
  keysFolder?: string | undefined;
  /** Receives a line when an issuer can't tell which tokens are revoked. */
  log?: Log;
};

type IssuerChecks = TrustedIssuer & TokenIssuer & { grantsOf: GrantsOf; isRevoked: IsRevoked };

/** @throws ConfigError for a file of an issuer that can't be read, such as that of a Secret that was not made */
const checkFiles = (issuer: TrustedIssuer): void => {
  for (const field of ['caFile', 'tokenFile'] as const) {
    const path = issuer[field];
    try {
      if (path !== undefined) accessSync(path, constants.R_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new ConfigError(
        'AUTH_ISSUERS',
        `such that ${path}, the ${field} of ${issuer.issuer}, can be read (${code})`,
      );
    }
  }
};

const checksOf = (issuer: TrustedIssuer, { keysFolder, log }: TokenCheckOptions): IssuerChecks => ({
  ...issuer,
  keys: createIssuerKeys({
    load: () => downloadKeys(issuer),
    ...(keysFolder ? { saved: () => readSavedKeys(keysFolder, issuer.issuer) } : {}),
  }),
  grantsOf: grantsBy(rulesOf(issuer)),
  isRevoked: createRevocationCheck(issuer.introspection, log),
});

/**
 * Makes the check of bearer tokens: JWTs that a trusted issuer signed. The issuer's rules turn the token's claims into
 * tools.
 * @throws ConfigError for a file of an issuer that can't be read
 */
export const createTokenCheck = (
  issuers: readonly TrustedIssuer[],
  options: TokenCheckOptions = {},
): CredentialCheck => {
  for (const issuer of issuers) checkFiles(issuer);
  const trusted = new Map(issuers.map((issuer) => [issuer.issuer, checksOf(issuer, options)]));
  return async ({ authorization }) => {
    const token = bearerToken(authorization);
    if (token === undefined) return undefined;
    const issuer = trusted.get(claimedIssuer(token) ?? '');
    if (!issuer) throw invalidCredential('The token is from an issuer that is not trusted here.');
    const claims = await verifyToken(token, issuer);
    if (await issuer.isRevoked(token, claims.exp)) throw invalidCredential('The token was revoked. Sign in again.');
    return createAccess({
      subject: `${issuer.issuer}#${claims.sub}`,
      credential: issuer.kind ?? 'person',
      grants: narrowGrants(issuer.grantsOf(claims), scopesIn(claims, issuer)),
      expires: claims.exp,
    });
  };
};
