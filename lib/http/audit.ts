import type { Route } from '../../openapi/generated/routes.ts';
import type { Access } from '../auth/access.ts';
import type { Log } from '../log.ts';
import { toApiError } from './respond.ts';
import type { ApiResponse } from './types.ts';

/** The facts about a request that the audit log needs. A request that fails early lacks some of the fields. */
export type AuditedRequest = { route?: Route; params?: Record<string, string>; access?: Access };

/**
 * Writes a line to the audit log for each request that changes something, also when the request of an authenticated
 * caller is refused. The line has the caller, the kind of its credential, the tool, the build and the result, but never
 * a token.
 * @param error the error that was thrown, when the request has no response
 */
export const audit = (
  log: Log,
  { route, params = {}, access }: AuditedRequest,
  response: ApiResponse | undefined,
  error?: unknown,
): void => {
  if (!access || !route?.scope || route.scope === 'read') return;
  const failure = error === undefined ? undefined : toApiError(error);
  log('INFO', 'audit', {
    operation: route.operation,
    tool: params.toolname,
    ...(params.id === undefined ? {} : { build: params.id }),
    ...response?.audit,
    subject: access.subject,
    // The audit log calls the kind of a credential `proof`, as the response of whoami does.
    proof: access.credential,
    status: failure?.status ?? 200,
    ...(failure ? { code: failure.code } : {}),
  });
};
