import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ApiError } from '../errors.ts';
import { createAccess, type Grant } from './access.ts';
import { type CredentialCheck, challenge } from './authenticate.ts';
import { createIssuerKeys, downloadKeys, KeysUnavailable } from './issuer-keys.ts';
import { createRevocationCheck, type IsRevoked } from './revocation.ts';
import { type GrantsOf, grantsBy } from './rules.ts';
import { readSavedKeys } from './saved-keys.ts';
import { isScope, type Scope } from './scopes.ts';
import { rulesOf, type TrustedIssuer } from './trusted-issuers.ts';

/** Asymmetric ones only: with a public key nobody can sign. @see https://www.rfc-editor.org/rfc/rfc8725 */
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
const clockToleranceSeconds = 30;
const maxTokenLength = 8192;

const invalid = (sentence: string, cause?: unknown): ApiError =>
  new ApiError(401, 'token_invalid', sentence, { headers: challenge('invalid_token'), cause });

/** @throws ApiError 401 `token_invalid` for any other Authorization header */
export const bearerToken = (authorization: string | undefined): string | undefined => {
  if (authorization === undefined) return undefined;
  const [scheme, token, ...more] = authorization.trim().split(/ +/);
  if (scheme?.toLowerCase() !== 'bearer' || !token || more.length > 0 || token.length > maxTokenLength) {
    throw invalid('The Authorization header must be "Bearer" and one token.');
  }
  return token;
};

/** The issuer a token claims; not believed before its signature is checked with that issuer's keys. */
const claimedIssuer = (token: string): string | undefined => {
  try {
    return decodeJwt(token).iss;
  } catch (error) {
    throw invalid('The token is not a JWT.', error);
  }
};

const sentence = (error: unknown, audience: string): string => {
  if (error instanceof errors.JWTExpired) return 'The token has expired. Sign in again.';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return `The token is for another service: its audience must be ${audience}.`;
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') return 'The token is not valid yet.';
  return 'The token is not genuine, or is not complete.';
};

const isList = (value: unknown): value is unknown[] => Array.isArray(value);

/** What the token itself says it may do; undefined where the issuer is not asked to say. */
const scopesOf = (payload: JWTPayload, { scopeClaim }: TrustedIssuer): Scope[] | undefined => {
  if (scopeClaim === undefined) return undefined;
  const value = payload[scopeClaim];
  const words = isList(value) ? value : typeof value === 'string' ? value.split(' ') : [];
  return words.filter(isScope);
};

const narrowed = (grants: Grant[], scopes: readonly Scope[] | undefined): Grant[] =>
  grants.map(({ tool, scopes: given }) => ({ tool, scopes: given.filter((scope) => scopes?.includes(scope) ?? true) }));

export type TokenIssuer = { issuer: string; audience: string; keys: JWTVerifyGetKey };

/** @throws ApiError 401 `token_invalid`, 503 `unavailable` when the keys can't be fetched */
export const verifyToken = async (token: string, issuer: TokenIssuer): Promise<JWTPayload> => {
  try {
    const { payload } = await jwtVerify(token, issuer.keys, {
      algorithms,
      issuer: issuer.issuer,
      audience: issuer.audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['exp', 'sub'],
    });
    return payload;
  } catch (error) {
    if (!(error instanceof KeysUnavailable)) throw invalid(sentence(error, issuer.audience), error);
    throw new ApiError(503, 'unavailable', 'Your token can not be checked now. Try again in a few seconds.', {
      retryAfter: 5,
      cause: error,
    });
  }
};

type Believed = TrustedIssuer & TokenIssuer & { grantsOf: GrantsOf; isRevoked: IsRevoked };

const believe = (issuer: TrustedIssuer, keysFolder: string | undefined): Believed => ({
  ...issuer,
  keys: createIssuerKeys({
    load: () => downloadKeys(issuer),
    ...(keysFolder ? { saved: () => readSavedKeys(keysFolder, issuer.issuer) } : {}),
  }),
  grantsOf: grantsBy(rulesOf(issuer)),
  isRevoked: createRevocationCheck(issuer.introspection),
});

/**
 * Bearer JWTs of the configured issuers, verified with their published keys.
 * @param keysFolder where sweep keeps those keys
 */
export const createTokenCheck = (issuers: readonly TrustedIssuer[], keysFolder?: string): CredentialCheck => {
  const believed = new Map(issuers.map((issuer) => [issuer.issuer, believe(issuer, keysFolder)]));
  return async ({ authorization }) => {
    const token = bearerToken(authorization);
    if (token === undefined) return undefined;
    const issuer = believed.get(claimedIssuer(token) ?? '');
    if (!issuer) throw invalid('The token is from an issuer that is not trusted here.');
    const payload = await verifyToken(token, issuer);
    if (await issuer.isRevoked(token)) throw invalid('The token was revoked. Sign in again.');
    return createAccess({
      subject: `${issuer.issuer}#${payload.sub}`,
      credential: issuer.kind ?? 'person',
      grants: narrowed(issuer.grantsOf(payload), scopesOf(payload, issuer)),
      expires: payload.exp,
    });
  };
};
