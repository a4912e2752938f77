import { createHash, timingSafeEqual } from 'node:crypto';
import { createAccess } from './access.ts';
import type { CredentialCheck } from './authenticate.ts';
import { scopes } from './scopes.ts';

const toolHeader = 'x-toolforge-tool';
const secretHeader = 'x-toolforge-gateway-secret';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Makes the check of the API gateway's headers. The gateway verifies a client certificate (O=toolforge, CN=tool), sends
 * the tool's name in X-Toolforge-Tool and the gateway's own secret in X-Toolforge-Gateway-Secret. Any pod in the
 * cluster can send X-Toolforge-Tool to a function, so without the right secret the header counts as absent.
 */
export const createGatewayCheck = (secret: string): CredentialCheck => {
  const expected = digest(secret);
  return async (headers) => {
    const [tool, given] = [headers[toolHeader], headers[secretHeader]];
    if (typeof tool !== 'string' || typeof given !== 'string') return undefined;
    // Digests of the two secrets are compared, because timingSafeEqual requires values of equal length.
    if (!timingSafeEqual(digest(given), expected)) return undefined;
    return createAccess({ subject: `certificate:${tool}`, credential: 'gateway', grants: [{ tool, scopes }] });
  };
};
