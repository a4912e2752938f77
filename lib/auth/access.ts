import { ApiError } from '../errors.ts';
import { isTool } from '../tool-name.ts';
import { challenge } from './challenge.ts';
import { type Scope, scopes } from './scopes.ts';

/** Kinds of credentials that a caller can show. `session` is the page's session of a person. `none` stands for operations that need no credential. */
type CredentialKind = 'person' | 'session' | 'ci' | 'service-account' | 'gateway' | 'none';

/** Scopes that a caller has for one tool. */
export type Grant = { tool: string; scopes: readonly Scope[] };

/** A caller's access: the tools that the caller may act for, with its scopes for each tool. */
export type Access = {
  /** Name of the caller for the log: the issuer and the subject of a token, or the tool of a client certificate. */
  subject: string;
  credential: CredentialKind;
  tools: readonly string[];
  grants: readonly Grant[];
  /** Time when the credential expires, in seconds since 1970. Undefined when no such time is known. */
  expires: number | undefined;
  /**
   * Checks that the caller has a scope for a tool.
   * @throws ApiError 403 `forbidden` for a tool that the caller may not act for, 403 `scope_insufficient` without the
   * scope, 429 `rate_limited` for too many requests
   */
  assertTool(tool: string, scope: Scope): void;
};

export type AccessOptions = {
  subject: string;
  credential: CredentialKind;
  /** The scopes that the credential gives, each grant for one tool. Several grants for the same tool add up. */
  grants: readonly Grant[];
  expires?: number | undefined;
};

const uniteScopes = (grants: readonly Grant[]): Grant[] =>
  [...new Set(grants.map(({ tool }) => tool))].map((tool) => {
    const granted = grants.filter((grant) => grant.tool === tool).flatMap((grant) => grant.scopes);
    return { tool, scopes: scopes.filter((scope) => granted.includes(scope)) };
  });

/** Returns the error for a path of another tool. No tool has a name with other characters, so nobody may act for it. */
const foreignTool = (tool: string): ApiError =>
  new ApiError(
    403,
    'forbidden',
    isTool(tool)
      ? `You may not act for the tool ${tool}. Sign in as one of its maintainers.`
      : "The path names no tool. A tool's name may hold a-z, 0-9, - and _, and begins with a letter.",
  );

/** Returns the error for a token that lacks a scope. @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
const missingScope = (tool: string, scope: Scope): ApiError =>
  new ApiError(
    403,
    'scope_insufficient',
    `This token lacks the scope "${scope}" for the tool ${tool}. Ask its issuer for that scope.`,
    { headers: challenge('insufficient_scope', scope) },
  );

/** Returns the access of a caller whose credential is verified. */
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

/** Access of a caller without a credential, for operations that need none: no tools and no scopes. */
export const anonymous = createAccess({ subject: 'anonymous', credential: 'none', grants: [] });
