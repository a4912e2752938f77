import { scopes } from '../../lib/auth/scopes.ts';
import type { TrustedIssuer } from '../../lib/auth/trusted-issuers.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ProtectedResource } from '../../openapi/generated/types.ts';

/** Scopes that a client requests, unless its issuer's setting names others. */
const defaultScope = `openid offline_access ${scopes.join(' ')}`;

/**
 * Makes the handler of protected-resource, by which a client that knows the API's address only finds out how to get a token.
 * @param resource the resource for which a client requests its token
 * @see https://www.rfc-editor.org/rfc/rfc9728
 */
export const createProtectedResource = (issuers: readonly TrustedIssuer[], resource: string): Handler => {
  const clients = issuers.flatMap(({ issuer, client }) =>
    client ? [{ issuer, client_id: client.id, scope: client.scope ?? defaultScope }] : [],
  );
  const json: ProtectedResource = {
    resource,
    authorization_servers: clients.map(({ issuer }) => issuer),
    scopes_supported: [...scopes],
    bearer_methods_supported: ['header'],
    clients,
  };
  return async () => ({ json });
};
