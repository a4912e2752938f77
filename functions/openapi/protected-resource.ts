import { scopes } from '../../lib/auth/scopes.ts';
import type { TrustedIssuer } from '../../lib/auth/trusted-issuers.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ProtectedResource } from '../../openapi/generated/types.ts';

/** OAuth scopes that a client requests, unless the setting of the client's issuer names others. */
const defaultScope = `openid offline_access ${scopes.join(' ')}`;

/**
 * Makes the handler of protected-resource. From the response, a client that knows only the API's address learns how to
 * get a token.
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
