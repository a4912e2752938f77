import { ApiError } from '../errors.ts';
import { challenge } from './challenge.ts';
import { type Scope, scopes } from './scopes.ts';

/** Kinds of credentials that a caller can show. `none` stands for operations that need no credential. */
type CredentialKind = 'person' | 'ci' | 'service-account' | 'gateway' | 'none';

/** Scopes that a caller has for one tool. */
export type Grant = { tool: string; scopes: readonly Scope[] };

/** A caller's access: the tools that the caller may act for, with its scopes for each tool. */
export type Access = {
  /** Name of the caller for the log: issuer and subject of the token, or the certificate's tool. */
  subject: string;
  credential: CredentialKind;
  tools: readonly string[];
  grants: readonly Grant[];
  /** Expiry of the credential in seconds since 1970. Undefined when the credential has none. */
  expires: number | undefined;
  /**
   * @throws ApiError 403 `forbidden` for a foreign tool, 403 `scope_insufficient` without the scope, 429 `rate_limited`
   */
  assertTool(tool: string, scope: Scope): void;
};

export type AccessOptions = {
  subject: string;
  credential: CredentialKind;
  /** Scopes by tool. A tool may occur several times, and then has the scopes of all occurrences. */
  grants: readonly Grant[];
  expires?: number | undefined;
};

const uniteScopes = (grants: readonly Grant[]): Grant[] =>
  [...new Set(grants.map(({ tool }) => tool))].map((tool) => {
    const granted = grants.filter((grant) => grant.tool === tool).flatMap((grant) => grant.scopes);
    return { tool, scopes: scopes.filter((scope) => granted.includes(scope)) };
  });

const foreignTool = (tool: string): ApiError =>
  new ApiError(403, 'forbidden', `You may not act for the tool ${tool}. Sign in as one of its maintainers.`);

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
const missingScope = (tool: string, scope: Scope): ApiError =>
  new ApiError(
    403,
    'scope_insufficient',
    `This token lacks the scope "${scope}" for the tool ${tool}. Ask its issuer for that scope.`,
    { headers: challenge('insufficient_scope', scope) },
  );

/** Returns the access that a verified credential gives. */
export const createAccess = ({ subject, credential, grants: given, expires }: AccessOptions): Access => {
  const grants = uniteScopes(given);
  return {
    subject,
    credential,
    grants,
    tools: grants.map(({ tool }) => tool),
    expires,
    assertTool: (tool, scope) => {
      const grant = grants.find((candidate) => candidate.tool === tool);
      if (!grant) throw foreignTool(tool);
      if (!grant.scopes.includes(scope)) throw missingScope(tool, scope);
    },
  };
};

/** Access of callers to operations that need no credential. */
export const anonymous = createAccess({ subject: 'anonymous', credential: 'none', grants: [] });
