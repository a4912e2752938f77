import type { ErrorCode } from '../errors.ts';
import { ApiError } from '../errors.ts';

/** Whatever is wrong with a repository somebody named is that request's fault: always 400, told apart by code. */
export const sourceError = (code: ErrorCode, message: string, cause?: unknown): ApiError =>
  new ApiError(400, code, message, { cause });

export const notGit = (reason: string, cause?: unknown): ApiError =>
  sourceError('source_not_git', `No git repository answers at this address: ${reason}.`, cause);

export const unreachable = (reason: string, cause?: unknown): ApiError =>
  sourceError('source_unreachable', `The git server can't be used right now: ${reason}.`, cause);

const reasons: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `${host} refuses connections`,
  ECONNRESET: (host) => `${host} closed the connection in the middle of its answer`,
  EPIPE: (host) => `${host} closed the connection in the middle of its answer`,
  EHOSTUNREACH: (host) => `there is no network route to ${host}`,
  ENETUNREACH: (host) => `there is no network route to ${host}`,
  ETIMEDOUT: (host) => `${host} did not answer in time`,
  ENOTFOUND: (host) => `the name ${host} does not exist in the DNS; check its spelling`,
  EAI_AGAIN: (host) => `the DNS gave no answer for ${host}; try again`,
};
const tlsCode = /^(ERR_SSL|ERR_TLS|CERT_|EPROTO|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|INVALID_CA)/;

/** The code of a network error, found in the first of several attempts' errors where there were several. */
const codeOf = (error: unknown): string => {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** Turns whatever node's http, tls, dns and zlib throw into a sentence about the server. */
export const networkFailure = (error: unknown, host: string): ApiError => {
  if (error instanceof ApiError) return error;
  const code = codeOf(error);
  if (code.startsWith('HPE_')) return notGit(`${host} does not answer in HTTP`, error);
  if (code.startsWith('Z_')) return notGit('its answer is compressed and broken', error);
  if (tlsCode.test(code)) return unreachable(`no secure connection to ${host} is possible (TLS: ${code})`, error);
  if (code.startsWith('EAI_')) return unreachable(`the DNS knows no address of ${host}`, error);
  return unreachable(reasons[code]?.(host) ?? `the connection to ${host} failed`, error);
};

/** What an HTTP status other than 200 means for whoever named the repository. */
export const statusFailure = (status: number, host: string): ApiError => {
  if (status === 401 || status === 403) {
    return sourceError(
      'source_requires_password',
      `${host} asks for a password: the repository is private or does not exist. Only public repositories can be built; check the address.`,
    );
  }
  if (status === 404 || status === 410) {
    return sourceError(
      'source_not_found',
      `${host} has no repository at this address (${status}); check its spelling.`,
    );
  }
  if (status === 429) return unreachable(`${host} answers that it is asked too often (429); try again later`);
  if (status >= 500 || status === 408)
    return unreachable(`${host} answers with an error of its own (${status}); try again later`);
  return notGit(`${host} answers with status ${status}`);
};
