import { ApiError } from '../errors.ts';
import type { Secret } from '../secret.ts';
import { isOneOf } from '../secret-check.ts';
import { isTool } from '../tool-name.ts';
import { createAccess } from './access.ts';
import type { CredentialCheck } from './authenticate.ts';
import { invalidCredential } from './challenge.ts';
import { scopes } from './scopes.ts';
import { compileSuperusers, type Superusers } from './superusers.ts';

const toolHeader = 'x-toolforge-tool';
const secretHeader = 'x-toolforge-gateway-secret';

/**
 * Returns the error for a certificate whose name may do nothing here. The status is 403 and not 401: the gateway has
 * verified the certificate, so the caller is known, and another try with another secret can't help.
 */
const unknownName = (): ApiError =>
  new ApiError(
    403,
    'forbidden',
    "The name in the client certificate is neither a tool's nor a superuser's. An operator allows superusers by the setting SUPERUSERS.",
  );

/**
 * Matches the gateway's header: one secret, or while it is replaced several, with a space between them. A limit keeps a
 * header from holding many guesses.
 */
const secretsPattern = /^[^ ,]+(?: [^ ,]+){0,7}$/;

/**
 * Tells whether the gateway's header has one of the secrets. After a change the gateway may know the new secret before
 * this instance does, so an unknown secret makes the file be read again.
 */
const isOurs = (given: string, secret: Secret): boolean => {
  if (!secretsPattern.test(given)) return false;
  const isKnown = () => given.split(' ').some((one) => isOneOf(one, secret.values()));
  if (isKnown()) return true;
  secret.refresh();
  return isKnown();
};

/**
 * Makes the check of the API gateway's headers. The gateway verifies a client certificate (O=toolforge, CN=tool), sends
 * the name of the tool or of a superuser in X-Toolforge-Tool and its own secret in X-Toolforge-Gateway-Secret. Any pod in the
 * cluster can send X-Toolforge-Tool to a function, so without a secret the header counts as absent.
 *
 * A wrong secret is refused like a bad token, also beside a valid token: a pod that guesses secrets is delayed, counted
 * and logged (lib/auth/rate-limit.ts). Requests with the right secret never wait for those of other pods. The check
 * throws 403 `forbidden` for a name that is neither a tool's nor a superuser's.
 */
export const createGatewayCheck = (secret: Secret, superusers: Superusers = {}): CredentialCheck => {
  const toolsOfSuperuser = compileSuperusers(superusers);
  return async (headers, target) => {
    const { [toolHeader]: tool, [secretHeader]: given } = headers;
    if (typeof given !== 'string' || given === '') return undefined;
    if (!isOurs(given, secret))
      throw invalidCredential(
        "The gateway's secret is wrong. Mount the same Secret in the gateway and in the functions.",
      );
    if (tool === undefined || tool === '') return undefined;
    // Node joins several headers with the same name to one text, which is neither a tool's name nor a superuser's.
    const tools = toolsOfSuperuser(String(tool), target) ?? (isTool(tool) ? [tool] : undefined);
    if (!tools) throw unknownName();
    const grants = tools.map((name) => ({ tool: name, scopes }));
    return createAccess({ subject: `certificate:${tool}`, credential: 'gateway', grants });
  };
};
