import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { ApiError } from '../errors/index.ts';
import { challenge, type Strategy } from './authenticate.ts';
import { identity } from './identity.ts';
import { downloadKeys, KeysUnavailable, publishedKeys } from './keys.ts';

/** One issuer whose tokens are believed, and which tools they are good for. */
export type Issuer = {
  issuer: string;
  audience: string;
  jwksUri: string;
  /** The claim that lists groups, and what stands before the tool's name in those that count. */
  claim: string;
  prefix: string;
};

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
export const bearer = (authorization: string | undefined): string | undefined => {
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

const sentence = (error: unknown): string => {
  if (error instanceof errors.JWTExpired) return 'The token has expired. Sign in again.';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return 'The token is for another service (audience).';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf') return 'The token is not valid yet.';
  return 'The token is not genuine, or is not complete.';
};

const toolsOf = (payload: JWTPayload, { claim, prefix }: Issuer): string[] => {
  const value = payload[claim];
  const groups = Array.isArray(value) ? value : [value];
  return groups.flatMap((group) =>
    typeof group === 'string' && group.startsWith(prefix) ? [group.slice(prefix.length)] : [],
  );
};

export type Verifier = { issuer: string; audience: string; keys: JWTVerifyGetKey };

/** @throws ApiError 401 `token_invalid`, 503 `unavailable` when the keys can't be fetched */
export const verify = async (token: string, issuer: Verifier): Promise<JWTPayload> => {
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
    if (!(error instanceof KeysUnavailable)) throw invalid(sentence(error), error);
    throw new ApiError(503, 'unavailable', 'Your token can not be checked now. Try again in a few seconds.', {
      retryAfter: 5,
      cause: error,
    });
  }
};

/** Bearer JWTs of the configured issuers, verified with their published keys. */
export const tokenStrategy = (issuers: readonly Issuer[]): Strategy => {
  const verifiers = new Map<string, Issuer & Verifier>(
    issuers.map((issuer) => [issuer.issuer, { ...issuer, keys: publishedKeys(() => downloadKeys(issuer.jwksUri)) }]),
  );
  return async ({ authorization }) => {
    const token = bearer(authorization);
    if (token === undefined) return undefined;
    const issuer = verifiers.get(claimedIssuer(token) ?? '');
    if (!issuer) throw invalid('The token is from an issuer that is not trusted here.');
    const payload = await verify(token, issuer);
    return identity(`${issuer.issuer}#${payload.sub}`, 'token', toolsOf(payload, issuer));
  };
};
