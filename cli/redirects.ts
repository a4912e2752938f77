import { exitCodes, Failure } from './failure.ts';

/** Statuses of responses that send the client to another URL. */
const redirectStatuses = new Set([301, 302, 303, 307, 308]);
/** Statuses after which the client repeats a request with the same method and body. */
const repeatingStatuses = new Set([307, 308]);

/** Tells whether an HTTP status sends the client to another URL. */
export const isRedirect = (status: number): boolean => redirectStatuses.has(status);

export type Redirect = { status: number; location: string | null | undefined };

const changeAddress = (origin: string): string =>
  `If that is the right server, use ${origin} in the address: see --api-url, TOOL_TOOLFORGE_API_URL and api_gateway.url.`;

/** Returns the scheme, host and port of a URL, or only the scheme where a URL has no host, such as that of data:. */
const serverOf = ({ origin, protocol }: URL): string => (origin === 'null' ? `an address of ${protocol}` : origin);

const failure = (message: string, hint?: string): Failure => new Failure(exitCodes.unavailable, message, { hint });

/**
 * Returns the URL that a redirect leads to. Security: the credential is sent to that URL, so it must be of the same
 * server. A redirect from http to https is not followed either: a request that follows it has crossed the network
 * unencrypted each time, and whoever can read the request can also choose the redirect.
 * @throws Failure for a redirect to another server, without a URL, or for a request that can't be repeated
 */
export const redirectTarget = ({ status, location }: Redirect, from: URL, method: string): URL => {
  if (!location || !URL.canParse(location, from.href))
    throw failure(
      `${from.origin} redirects with HTTP status ${status}, but not to a URL.`,
      'Check the address: see --api-url.',
    );
  const target = new URL(location, from);
  if (from.protocol === 'http:' && target.protocol === 'https:' && target.hostname === from.hostname)
    throw failure(
      `${from.origin} wants encrypted connections: it redirects to ${target.origin}.`,
      changeAddress(target.origin),
    );
  if (target.origin !== from.origin)
    throw failure(
      `${from.origin} redirects to ${serverOf(target)}, which is another server.`,
      'If that is the right address, configure it.',
    );
  // The name and the password are not quoted: they may be somebody's.
  if (target.username || target.password)
    throw failure(
      `${from.origin} redirects to an address of its own that has the name of a user before the host.`,
      'A credential is never sent to such an address, which can hide the host. Tell the administrators of the service.',
    );
  if (method === 'GET' || repeatingStatuses.has(status)) return target;
  throw failure(
    `${from.origin} redirects ${method} with HTTP status ${status}, which would lose the request.`,
    changeAddress(target.href),
  );
};
