import type { ErrorCode } from '../errors.ts';
import { ApiError } from '../errors.ts';
import { ProxyError } from '../proxy/errors.ts';

/**
 * Returns the error for a repository that can't be used. The status is always 400, because the request names the
 * repository; the code tells the reasons apart.
 */
export const sourceError = (code: ErrorCode, message: string, cause?: unknown): ApiError =>
  new ApiError(400, code, message, { cause });

/**
 * Returns the error for an address that is not a git repository.
 * @param reason a clause after a colon in the sentence
 */
export const notGit = (reason: string, cause?: unknown): ApiError =>
  sourceError('source_not_git', `This address can't be used as a git repository: ${reason}. Check the address.`, cause);

/** Returns the error for a git server that can't be reached. @param reason a clause after a colon in the sentence */
export const unreachable = (reason: string, cause?: unknown): ApiError =>
  sourceError(
    'source_unreachable',
    `The git server can't be used right now: ${reason}. Check the address, or try again later.`,
    cause,
  );

const reasonsByCode: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `${host} refuses connections`,
  ECONNRESET: (host) => `${host} closed the connection before the end of its response`,
  EPIPE: (host) => `${host} closed the connection before the end of its response`,
  EHOSTUNREACH: (host) => `there is no network route to ${host}`,
  ENETUNREACH: (host) => `there is no network route to ${host}`,
  ETIMEDOUT: (host) => `${host} did not respond in time`,
  ENOTFOUND: (host) => `the name ${host} does not exist in the DNS`,
  EAI_AGAIN: (host) => `the DNS did not respond for ${host}`,
};
const tlsCodePattern = /^(ERR_SSL|ERR_TLS|CERT_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA)/;

/**
 * Returns the code of a network error. Node collects the errors of several IP addresses in an AggregateError: the first
 * of these errors counts.
 */
const codeOf = (error: unknown): string => {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/**
 * Returns the error that a client gets for a proxy. A proxy that does not reach a host, or refuses it, speaks of the
 * repository. A proxy that can't be used at all is a mistake of the operator, so the status is 503 and the log has the
 * cause.
 */
const proxyFailure = (error: ProxyError, host: string): ApiError => {
  if (['EHOSTUNREACH', 'EPROXY'].includes(error.code))
    return unreachable(`the proxy of this service does not reach ${host}`, error);
  const sentence =
    'The proxy of this service can not be used, so no ref can be found. Retry later, or tell the administrators of the service.';
  return new ApiError(503, 'unavailable', sentence, { retryAfter: 60, cause: error });
};

/** Returns the error that a client gets for an error of Node's http, tls, dns or zlib. */
export const networkFailure = (error: unknown, host: string): ApiError => {
  if (error instanceof ApiError) return error;
  if (error instanceof ProxyError) return proxyFailure(error, host);
  const code = codeOf(error);
  if (code.startsWith('HPE_')) return notGit(`${host} does not speak HTTP`, error);
  if (code.startsWith('Z_')) return notGit('its compressed response is broken', error);
  if (tlsCodePattern.test(code))
    return unreachable(`no secure connection to ${host} is possible (TLS: ${code})`, error);
  if (code.startsWith('EAI_')) return unreachable(`the DNS knows no address of ${host}`, error);
  return unreachable(reasonsByCode[code]?.(host) ?? `the connection to ${host} failed`, error);
};

/** Returns the error for a git server's response with a status other than 200. */
export const statusFailure = (status: number, host: string): ApiError => {
  if (status === 401 || status === 403) {
    return sourceError(
      'source_requires_password',
      `${host} asks for a password: the repository is private or does not exist. Only public repositories can be built. Check the address.`,
    );
  }
  if (status === 404 || status === 410) {
    return sourceError(
      'source_not_found',
      `${host} has no repository at this address (${status}). Check its spelling.`,
    );
  }
  if (status === 429) return unreachable(`${host} received too many requests (429)`);
  if (status >= 500 || status === 408) return unreachable(`${host} responds with a server error (${status})`);
  return notGit(`${host} responds with status ${status}`);
};
