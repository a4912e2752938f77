import { scopes } from '../../lib/auth/scopes.ts';
import type { TrustedIssuer } from '../../lib/auth/trusted-issuers.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ProtectedResource } from '../../openapi/generated/types.ts';

const defaultScope = `openid offline_access ${scopes.join(' ')}`;

/**
 * Tells a client that knows nothing but the API's address how to get a token for it.
 * @param resource what the token is asked for
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
