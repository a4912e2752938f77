import { ApiError } from '../errors.ts';
import { type Scope, scopes } from './scopes.ts';

export type CredentialKind = 'person' | 'ci' | 'service-account' | 'gateway' | 'none';

/** What somebody may do for one tool. */
export type Grant = { tool: string; scopes: readonly Scope[] };

/** Who calls, how that was proved, and for which tools they may do what. */
export type Access = {
  /** For the log: issuer and subject, or the certificate's name. */
  subject: string;
  credential: CredentialKind;
  tools: readonly string[];
  grants: readonly Grant[];
  /** When the proof ends, in seconds since 1970; undefined where the proof does not say. */
  expires: number | undefined;
  /** @throws ApiError 403 `forbidden`, `scope_insufficient` */
  assertTool(tool: string, scope: Scope): void;
};

export type AccessOptions = {
  subject: string;
  credential: CredentialKind;
  grants: readonly Grant[];
  expires?: number | undefined;
};

/** Several rules may give the same tool: together. */
const merged = (grants: readonly Grant[]): Grant[] =>
  [...new Set(grants.map(({ tool }) => tool))].map((tool) => {
    const given = grants.filter((grant) => grant.tool === tool).flatMap((grant) => grant.scopes);
    return { tool, scopes: scopes.filter((scope) => given.includes(scope)) };
  });

const foreign = (tool: string): ApiError =>
  new ApiError(403, 'forbidden', `You may not act for the tool ${tool}. Sign in as one of its maintainers.`);

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
const insufficient = (tool: string, scope: Scope): ApiError =>
  new ApiError(403, 'scope_insufficient', `This token may not "${scope}" for the tool ${tool}. Ask for that scope.`, {
    headers: { 'www-authenticate': `Bearer realm="builds", error="insufficient_scope", scope="${scope}"` },
  });

export const createAccess = ({ subject, credential, grants: given, expires }: AccessOptions): Access => {
  const grants = merged(given);
  return {
    subject,
    credential,
    grants,
    tools: grants.map(({ tool }) => tool),
    expires,
    assertTool: (tool, scope) => {
      const grant = grants.find((one) => one.tool === tool);
      if (!grant) throw foreign(tool);
      if (!grant.scopes.includes(scope)) throw insufficient(tool, scope);
    },
  };
};

/** For the paths that need no authentication. */
export const anonymous = createAccess({ subject: 'anonymous', credential: 'none', grants: [] });
