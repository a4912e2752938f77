import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ApiError } from '../errors.ts';
import { createAccess, type Grant } from './access.ts';
import type { CredentialCheck } from './authenticate.ts';
import { challenge } from './challenge.ts';
import { createIssuerKeys, downloadKeys, KeysUnavailable } from './issuer-keys.ts';
import { createRevocationCheck, type IsRevoked } from './revocation.ts';
import { type GrantsOf, grantsBy } from './rules.ts';
import { readSavedKeys } from './saved-keys.ts';
import { isScope, type Scope } from './scopes.ts';
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
/** Limit for the length of a bearer token, in characters. */
const maxTokenLength = 8192;

const invalid = (sentence: string, cause?: unknown): ApiError =>
  new ApiError(401, 'token_invalid', sentence, { headers: challenge('invalid_token'), cause });

/**
 * Returns the bearer token of an Authorization header, undefined without a header.
 * @throws ApiError 401 `token_invalid` when the header is not "Bearer" and one token of at most 8,192 characters
 */
export const bearerToken = (authorization: string | undefined): string | undefined => {
  if (authorization === undefined) return undefined;
  const [scheme, token, ...more] = authorization.trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer' || !token || more.length > 0 || token.length > maxTokenLength) {
    throw invalid('The Authorization header must be "Bearer" and one token.');
  }
  return token;
};

/** Returns the issuer that a token names. The name can't be trusted before the token's signature is verified. */
const claimedIssuer = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    throw invalid('The token is not a JWT.', error);
  }
};

const describe = (error: unknown, audience: string): string => {
  if (error instanceof errors.JWTExpired) return 'The token has expired. Sign in again.';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return `The token is for another service: its audience must be ${audience}.`;
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') return 'The token is not valid yet.';
  return 'The token is not genuine, or is not complete.';
};

/**
 * Requirements of a token: the issuer and the audience that the token must name, and the keys that may have signed it.
 */
export type TokenIssuer = { issuer: string; audience: string; keys: JWTVerifyGetKey };

/**
 * Verifies a token and returns its claims.
 * @throws ApiError 401 `token_invalid`, 503 `unavailable` when the issuer's keys can't be loaded
 */
export const verifyToken = async (token: string, { issuer, audience, keys }: TokenIssuer): Promise<JWTPayload> => {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms,
      issuer,
      audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (!(error instanceof KeysUnavailable)) throw invalid(describe(error, audience), error);
    throw new ApiError(503, 'unavailable', 'Your token can not be checked now. Retry in a few seconds.', {
      retryAfter: 5,
      cause: error,
    });
  }
};

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

type IssuerChecks = TrustedIssuer & TokenIssuer & { grantsOf: GrantsOf; isRevoked: IsRevoked };

const checksOf = (issuer: TrustedIssuer, keysFolder: string | undefined): IssuerChecks => ({
  ...issuer,
  keys: createIssuerKeys({
    load: () => downloadKeys(issuer),
    ...(keysFolder ? { saved: () => readSavedKeys(keysFolder, issuer.issuer) } : {}),
  }),
  grantsOf: grantsBy(rulesOf(issuer)),
  isRevoked: createRevocationCheck(issuer.introspection),
});

/**
 * Makes the check of bearer tokens: JWTs that a trusted issuer signed. The issuer's rules turn the token's claims into
 * tools.
 * @param keysFolder folder where the ConfigMap with the issuers' saved keys is mounted (docs/adr/0016-saved-keys.md)
 */
export const createTokenCheck = (issuers: readonly TrustedIssuer[], keysFolder?: string): CredentialCheck => {
  const trusted = new Map(issuers.map((issuer) => [issuer.issuer, checksOf(issuer, keysFolder)]));
  return async ({ authorization }) => {
    const token = bearerToken(authorization);
    if (token === undefined) return undefined;
    const issuer = trusted.get(claimedIssuer(token) ?? '');
    if (!issuer) throw invalid('The token is from an issuer that is not trusted here.');
    const claims = await verifyToken(token, issuer);
    if (await issuer.isRevoked(token)) throw invalid('The token was revoked. Sign in again.');
    return createAccess({
      subject: `${issuer.issuer}#${claims.sub}`,
      credential: issuer.kind ?? 'person',
      grants: narrowGrants(issuer.grantsOf(claims), scopesIn(claims, issuer)),
      expires: claims.exp,
    });
  };
};
