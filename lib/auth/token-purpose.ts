import type { JWTHeaderParameters, JWTPayload } from 'jose';

/**
 * Values of the header `typ` that an access token may have. Many issuers write no `typ`, or `JWT`, into their access
 * tokens. Any other value names another kind of token, such as `logout+jwt` or `dpop+jwt`.
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-2.1
 */
const accessTokenTypes = ['jwt', 'at+jwt'];

/** Claims that only ID tokens have. @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
const idTokenClaims = ['at_hash', 'c_hash', 's_hash'];

/**
 * Claims of access tokens that ID tokens do not have. Some issuers copy `nonce` into access tokens, so `nonce` marks an
 * ID token only where none of these claims is present.
 */
const accessTokenClaims = ['scope', 'scp', 'scopes', 'client_id', 'cid'];

/** Values that mark a token for another use than access: Keycloak has them in `typ`, Cognito in `token_use`. */
const otherUses = ['id', 'refresh', 'offline', 'logout'];

/** Kinds of tokens that are no access tokens, as phrases. */
export type OtherPurpose = 'an event token, such as a logout token' | 'a token of another type' | 'an ID token';

const typeOf = ({ typ }: JWTHeaderParameters): string | undefined =>
  typ === undefined
    ? undefined
    : String(typ)
        .toLowerCase()
        .replace(/^application\//, '');

const hasOne = (claims: JWTPayload, names: readonly string[]): boolean =>
  names.some((name) => Object.hasOwn(claims, name));

const isOtherUse = (value: unknown): boolean => typeof value === 'string' && otherUses.includes(value.toLowerCase());

const looksLikeIdToken = (claims: JWTPayload): boolean =>
  hasOne(claims, idTokenClaims) || (hasOne(claims, ['nonce']) && !hasOne(claims, accessTokenClaims));

/**
 * Says what a verified token is, when it is recognisably no access token. Undefined for an access token, and for a
 * token that can't be told from one. Security: issuers give ID tokens and logout tokens to clients that may not use
 * this API, and both can have the audience of this API.
 *
 * The tokens of GitLab's and GitHub's CI and of ServiceAccounts are accepted. GitLab and GitHub call these tokens ID
 * tokens too, but a job requests them for this API, and they have none of the marks of an ID token.
 * @see https://www.rfc-editor.org/rfc/rfc8725#section-2.8
 */
export const otherPurpose = (header: JWTHeaderParameters, claims: JWTPayload): OtherPurpose | undefined => {
  const type = typeOf(header);
  if (Object.hasOwn(claims, 'events')) return 'an event token, such as a logout token';
  if (type !== undefined && !accessTokenTypes.includes(type)) return 'a token of another type';
  if (isOtherUse(claims.typ) || isOtherUse(claims.token_use)) return 'a token of another type';
  return type !== 'at+jwt' && looksLikeIdToken(claims) ? 'an ID token' : undefined;
};
