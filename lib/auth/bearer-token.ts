import { invalidCredential } from './challenge.ts';

/** Limit for the length of a bearer token, in characters. */
export const maxTokenLength = 8192;

/**
 * An Authorization header with a bearer token. The name of the scheme may be in any case.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
const bearer = /^bearer ([^\s]+)$/i;

/** A signed JWT in the compact serialization: header, claims and signature. */
const compactJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * Tells whether a text is the one spelling of its bytes in base64url: without padding, and with zeros in the bits of
 * its last character that hold no data.
 */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part;

/**
 * Returns the bearer token of an Authorization header, undefined without a header. Security: the JWT library accepts
 * several spellings of a token's signature. Only one spelling is accepted here, so that a client can't turn a token
 * into many tokens that the issuer's introspection endpoint does not know.
 * @throws ApiError 401 `token_invalid` when the header is not "Bearer", one space and one JWT of at most 8,192
 * characters
 */
export const bearerToken = (authorization: string | undefined): string | undefined => {
  if (authorization === undefined) return undefined;
  const [, token] = bearer.exec(authorization) ?? [];
  if (token === undefined || token.length > maxTokenLength)
    throw invalidCredential('The Authorization header must be "Bearer", one space and one token.');
  if (!compactJwt.test(token) || !token.split('.').every(isCanonical))
    throw invalidCredential('The token is not a JWT.');
  return token;
};
