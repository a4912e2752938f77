import type { Route } from '../../openapi/generated/routes.ts';
import type { Access } from '../auth/access.ts';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import { toApiError } from './respond.ts';
import type { ApiResponse } from './types.ts';

/** The facts about a request that the audit log needs. A request that fails early lacks some of the fields. */
export type AuditedRequest = { route?: Route; params?: Record<string, string>; access?: Access };

/** How a request without a response ended. */
export type Failure = {
  error: unknown;
  /** The client closed the connection before its request ended, so no response could be sent. */
  clientGone: boolean;
};

/**
 * Returns the status and the code of a failed request. Work that stops because its client went away gets 499, nginx's
 * status for such a request.
 */
const failureFields = ({ error, clientGone }: Failure): { status: number; code: string } => {
  if (clientGone && !(error instanceof ApiError)) return { status: 499, code: 'client_gone' };
  const { status, code } = toApiError(error);
  return { status, code };
};

/**
 * Writes a line to the audit log for each request that changes something, also when the request of an authenticated
 * caller is refused. The line has the caller, the kind of its credential, the tool, the build and the result, but never
 * a token.
 */
export const audit = (
  log: Log,
  { route, params = {}, access }: AuditedRequest,
  response: ApiResponse | undefined,
  failure?: Failure,
): void => {
  if (!access || !route?.scope || route.scope === 'read') return;
  log('INFO', 'audit', {
    operation: route.operation,
    tool: params.toolname,
    ...(params.id === undefined ? {} : { build: params.id }),
    ...response?.audit,
    subject: access.subject,
    // The audit log calls the kind of a credential `proof`, as the response of whoami does.
    proof: access.credential,
    ...(failure ? failureFields(failure) : { status: 200 }),
  });
};
