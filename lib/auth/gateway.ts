import { createHash, timingSafeEqual } from 'node:crypto';
import { createAccess } from './access.ts';
import type { CredentialCheck } from './authenticate.ts';
import { scopes } from './scopes.ts';

const toolHeader = 'x-toolforge-tool';
const secretHeader = 'x-toolforge-gateway-secret';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * The gateway verified a client certificate (O=toolforge, CN=tool) and says which tool it is. Believed only with the
 * gateway's own secret beside it, as any pod in the cluster can reach a function. Without the secret the header counts
 * as not sent.
 */
export const createGatewayCheck = (secret: string): CredentialCheck => {
  const expected = digest(secret);
  return async (headers) => {
    const [tool, given] = [headers[toolHeader], headers[secretHeader]];
    if (typeof tool !== 'string' || typeof given !== 'string') return undefined;
    if (!timingSafeEqual(digest(given), expected)) return undefined;
    return createAccess({ subject: `certificate:${tool}`, credential: 'gateway', grants: [{ tool, scopes }] });
  };
};
