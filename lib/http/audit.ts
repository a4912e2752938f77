import type { Route } from '../../openapi/generated/routes.ts';
import type { Access } from '../auth/access.ts';
import type { Log } from '../log.ts';
import { toApiError } from './respond.ts';
import type { ApiResponse } from './types.ts';

/** A request as far as it is understood. */
export type AuditedRequest = { route?: Route; params?: Record<string, string>; access?: Access };

const startedBuild = (response: ApiResponse | undefined): string | undefined => {
  if (!response || !('json' in response)) return undefined;
  return (response.json as { new_build?: { name?: string } } | undefined)?.new_build?.name;
};

/**
 * One line for every change, done or refused: who, how proven, which tool and build, what came of it. Never a token.
 * @param error what was thrown instead of a response
 */
export const audit = (log: Log, attempt: AuditedRequest, response: ApiResponse | undefined, error?: unknown): void => {
  const { route, params = {}, access } = attempt;
  if (!access || !route?.scope || route.scope === 'read') return;
  const failure = error === undefined ? undefined : toApiError(error);
  const build = startedBuild(response) ?? params.id;
  log('INFO', 'audit', {
    operation: route.operation,
    tool: params.toolname,
    ...(build === undefined ? {} : { build }),
    subject: access.subject,
    proof: access.credential,
    status: failure?.status ?? 200,
    ...(failure ? { code: failure.code } : {}),
  });
};
