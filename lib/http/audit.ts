import type { Route } from '../../openapi/generated/routes.ts';
import type { Access } from '../auth/access.ts';
import type { Log } from '../log.ts';
import { toApiError } from './respond.ts';
import type { ApiResponse } from './types.ts';

/** The facts about a request that the audit log needs. A request that fails early lacks some of the fields. */
export type AuditedRequest = { route?: Route; params?: Record<string, string>; access?: Access };

/**
 * Logs one line for every operation that changes something, also for a refused one: the caller, its kind of credential,
 * the tool, the build, and the result. The line never contains a token.
 * @param error the error thrown instead of a response
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
    // The field has the same name as in the response of whoami.
    proof: access.credential,
    status: failure?.status ?? 200,
    ...(failure ? { code: failure.code } : {}),
  });
};
