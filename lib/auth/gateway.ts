import { createSecretCheck } from '../secret-check.ts';
import { createAccess } from './access.ts';
import type { CredentialCheck } from './authenticate.ts';
import { invalidCredential } from './challenge.ts';
import { isTool } from './rules.ts';
import { scopes } from './scopes.ts';

const toolHeader = 'x-toolforge-tool';
const secretHeader = 'x-toolforge-gateway-secret';

/**
 * Makes the check of the API gateway's headers. The gateway verifies a client certificate (O=toolforge, CN=tool), sends
 * the tool's name in X-Toolforge-Tool and the gateway's own secret in X-Toolforge-Gateway-Secret. Any pod in the
 * cluster can send X-Toolforge-Tool to a function, so without a secret the header counts as absent.
 *
 * A wrong secret is refused like a bad token, also beside a valid token: a pod that guesses secrets is delayed, counted
 * and logged (lib/auth/rate-limit.ts). Requests with the right secret never wait for those of other pods.
 */
export const createGatewayCheck = (secret: string): CredentialCheck => {
  const isSecret = createSecretCheck(secret);
  return async (headers) => {
    const { [toolHeader]: tool, [secretHeader]: given } = headers;
    if (typeof given !== 'string' || given === '') return undefined;
    if (!isSecret(given))
      throw invalidCredential(
        "The gateway's secret is wrong. Set the same secret at the gateway and at the functions.",
      );
    if (tool === undefined || tool === '') return undefined;
    // Node joins several headers with the same name to one text, which is no tool's name.
    if (!isTool(tool)) throw invalidCredential('The header X-Toolforge-Tool must have the name of one tool.');
    return createAccess({ subject: `certificate:${tool}`, credential: 'gateway', grants: [{ tool, scopes }] });
  };
};
