import { type Section, textAt } from '../../lib/kube/kubeconfig-file.ts';
import { EXIT, Failure } from '../failure.ts';
import type { Exchange, Reply } from './exchange.ts';
import type { Issuer } from './issuer.ts';

/** What is kept of a sign-in to one API. */
export type Session = {
  issuer: string;
  clientId: string;
  resource: string;
  tokenEndpoint: string;
  revocationEndpoint: string | undefined;
  accessToken: string;
  refreshToken: string | undefined;
  /** Milliseconds since 1970; undefined where the issuer does not say. */
  refreshAt: number | undefined;
  expiresAt: number | undefined;
};

export type Endpoint = Pick<Issuer, 'issuer' | 'clientId' | 'resource' | 'tokenEndpoint' | 'revocationEndpoint'>;

/** Before it ends, so that an issuer that is away for a while is not noticed. */
const SHARE_OF_LIFE = 0.8;

/** A session from the answer of a token endpoint (RFC 6749, 5.1). @throws Failure when it holds no token */
export function sessionFrom(endpoint: Endpoint, answer: Section, now: number, before?: Session): Session {
  const accessToken = textAt(answer, 'access_token');
  if (!accessToken) throw new Failure(EXIT.unavailable, `${endpoint.issuer} gave no access token.`);
  const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : undefined;
  const { issuer, clientId, resource, tokenEndpoint, revocationEndpoint } = endpoint;
  return {
    issuer,
    clientId,
    resource,
    tokenEndpoint,
    revocationEndpoint,
    accessToken,
    refreshToken: textAt(answer, 'refresh_token') ?? before?.refreshToken,
    refreshAt: seconds === undefined ? undefined : now + seconds * 1000 * SHARE_OF_LIFE,
    expiresAt: seconds === undefined ? undefined : now + seconds * 1000,
  };
}

/** The error of an OAuth answer, as a failure in the issuer's own words. */
export function refused(issuer: string, { error, error_description: description }: Section): Failure {
  const words = [error, description].filter((word) => typeof word === 'string').join(': ');
  return new Failure(EXIT.notAllowed, `${issuer} refused to sign you in${words ? ` (${words})` : ''}.`, {
    hint: 'Try again: toolforge-build login',
  });
}

export const ended = (): Failure =>
  new Failure(EXIT.notAllowed, 'Your sign-in has ended.', {
    hint: 'Sign in again with `toolforge-build login`, or go on without it after `toolforge-build logout`.',
  });

const isPast = (time: number | undefined, now: number): boolean => time !== undefined && now >= time;

export const needsRefresh = ({ refreshAt }: Session, now: number): boolean => isPast(refreshAt, now);

/** What an issuer says of a refresh token or a client that it will never take again (RFC 6749, 5.2). */
const FINAL = ['invalid_grant', 'invalid_client', 'unauthorized_client'];

const isEnd = ({ status, json }: Reply): boolean => [400, 401].includes(status) && FINAL.includes(String(json.error));

/**
 * A session with a new access token. While the issuer is away or too busy the old one is as good as it was.
 * @throws Failure when the sign-in has ended, or the token has expired and the issuer gives no other
 */
export async function refresh(session: Session, exchange: Exchange, now: () => number): Promise<Session> {
  const { refreshToken, clientId, resource, tokenEndpoint, expiresAt } = session;
  if (refreshToken === undefined) {
    if (isPast(expiresAt, now())) throw ended();
    return session;
  }
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId, resource };
  const reply = await exchange(tokenEndpoint, form).catch((error: unknown) => error);
  const answer = reply instanceof Error ? undefined : (reply as Reply);
  if (answer?.status === 200) return sessionFrom(session, answer.json, now(), session);
  if (answer && isEnd(answer)) throw ended();
  if (!isPast(expiresAt, now())) return session;
  throw new Failure(EXIT.unavailable, `Your token has expired, and ${session.issuer} does not give another now.`, {
    hint: 'Try again in a few minutes, or sign in again with `toolforge-build login`.',
    cause: reply,
  });
}
