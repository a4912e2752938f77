import { scopes } from '../auth/scopes.ts';
import type { PageClient, TrustedIssuer } from '../auth/trusted-issuers.ts';
import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import { openSecret, type Secret } from '../secret.ts';
import type { OpenIdOptions } from './openid.ts';
import { createSessionCookies } from './session-cookies.ts';
import { createNoSessions, createSessionRoutes, type SessionRoutes } from './session-routes.ts';

export const sessionSettings = ['webUrl', 'issuers', 'authResource', 'sessionKeys', 'refreshKeys'] as const;

type SessionSettings = {
  webUrl: string | undefined;
  issuers: readonly TrustedIssuer[];
  authResource: string;
  sessionKeys: Secret | undefined;
  refreshKeys: Secret | undefined;
};

/** OAuth scopes that the page requests, unless the setting of its client names others. */
const defaultScope = `openid offline_access ${scopes.join(' ')}`;

const secretOf = ({ secretFile: path }: PageClient, log: Log): Secret | undefined => {
  try {
    return path === undefined ? undefined : openSecret({ path, log });
  } catch {
    throw new ConfigError('AUTH_ISSUERS', `such that ${path}, the secretFile of pageClient, can be read`);
  }
};

/**
 * Makes the routes of the page's sessions. Without the address of the page, or an issuer with a client for the page,
 * nobody can sign in.
 * @param page address of the page, which ends with a slash. Undefined where no setting says it
 * @throws ConfigError for a missing secret
 */
export const sessionsFromSettings = (settings: SessionSettings, page: URL | undefined, log: Log): SessionRoutes => {
  const { issuers, authResource: resource, sessionKeys, refreshKeys } = settings;
  const issuer = issuers.find(({ pageClient }) => pageClient);
  if (!page || !issuer?.pageClient) return createNoSessions();
  if (!sessionKeys) throw new ConfigError('SESSION_KEYS_FILE', 'set, because AUTH_ISSUERS has a pageClient');
  if (!refreshKeys) throw new ConfigError('REFRESH_KEYS_FILE', 'set, because AUTH_ISSUERS has a pageClient');
  const client = issuer.pageClient;
  const options: OpenIdOptions = {
    ...{ issuer, client, resource, secret: secretOf(client, log) },
    scope: client.scope ?? defaultScope,
    redirectUri: new URL('session/callback', page).href,
  };
  let openId: ReturnType<typeof load> | undefined;
  const load = async () => (await import('./openid.ts')).createOpenId(options);
  const cookies = createSessionCookies({ sessionKeys, refreshKeys, page });
  return createSessionRoutes({ page, cookies, log, openId: () => (openId ??= load()) });
};
