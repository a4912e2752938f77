import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeJwt } from 'jose';
import { ApiError } from '../errors.ts';
import { assertOwnPage } from '../http/cross-site.ts';
import { sendJson } from '../http/respond.ts';
import type { Log } from '../log.ts';
import { createSingleFlight } from '../single-flight.ts';
import type { OpenId, Tokens } from './openid.ts';
import { returnAddress } from './return-address.ts';
import type { EndingSession, KeptSession, SessionCookies } from './session-cookies.ts';

/** Time after a sign-in at which the person must sign in again, in seconds: 12 hours. */
const sessionSeconds = 12 * 3600;

/** An access token that is valid for longer is not replaced, in seconds. Another tab may just have got it. */
const freshSeconds = 90;

/** State of a session, as the page learns it. The times are in RFC 3339. */
type SessionState =
  | { state: 'signed-out' | 'unavailable' }
  | { state: 'signed-in'; expires: string; ends: string }
  /** After a sign-out. `revoked`: whether the issuer has revoked every token of the session that it can revoke. */
  | { state: 'signed-out'; revoked: boolean };

/** Reason in the page's address for which nobody was signed in. The page has a sentence for each. */
type Refusal = 'denied' | 'expired' | 'failed' | 'too-large' | 'unavailable';

export type SessionRoutesOptions = {
  /** Address of the page, which ends with a slash. */
  page: URL;
  cookies: SessionCookies;
  /** Loads openid-client, which only some requests need. */
  openId: () => Promise<OpenId>;
  log: Log;
};

/** Responds to the requests below `session` of the page. Returns undefined for a path that is none. */
export type SessionRoutes = (req: IncomingMessage, res: ServerResponse, path: string) => Promise<void> | undefined;

const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Returns the time of expiry of an access token that the service itself has stored, in seconds since 1970. */
const expiryOf = ({ accessToken }: KeptSession): number => decodeJwt(accessToken).exp ?? 0;

const stateOf = (session: KeptSession | undefined): SessionState => {
  if (!session) return { state: 'signed-out' };
  const expires = expiryOf(session);
  if (session.refreshToken === undefined && expires <= nowSeconds()) return { state: 'signed-out' };
  return { state: 'signed-in', expires: rfc3339(expires), ends: rfc3339(session.ends) };
};

/** A session without a refresh token ends with its access token. */
const sessionFrom = (tokens: Tokens, previous: Pick<KeptSession, 'id' | 'ends' | 'refreshToken'>): KeptSession => {
  const refreshToken = tokens.refreshToken ?? previous.refreshToken;
  const ends = refreshToken === undefined ? Math.min(previous.ends, tokens.expires) : previous.ends;
  return { id: previous.id, ends, accessToken: tokens.accessToken, refreshToken };
};

/** Values of an OAuth error, and of its response's status, without the token that was sent. */
const codeOf = (error: unknown): { error?: unknown; status?: unknown } => {
  const { error: code, status } = error as { error?: unknown; status?: unknown };
  return { error: typeof code === 'string' ? code.slice(0, 80) : undefined, status };
};

/**
 * Describes for the log why something of a session failed. Security: no cause of the error, because openid-client puts
 * the issuer's response into causes, with the tokens in it.
 */
const reasonOf = (cause: unknown): Record<string, unknown> =>
  typeof cause === 'string' ? { reason: cause } : { ...codeOf(cause), reason: (cause as Error).message };

/** Tells whether the issuer will never accept this refresh token again. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
const isFinal = (error: unknown): boolean => codeOf(error).error === 'invalid_grant';

const signInAgain = (headers: Record<string, string>): ApiError =>
  new ApiError(401, 'unauthenticated', 'Your session has ended. Sign in again.', { headers });

const issuerAway = (): ApiError =>
  new ApiError(503, 'unavailable', 'The issuer of your sign-in does not respond. Retry in a few seconds.', {
    retryAfter: 5,
  });

const redirect = (res: ServerResponse, location: string, cookies: readonly string[]): void => {
  // The address of this response can hold a code of the issuer, which no other server may learn.
  const headers = { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'content-length': 0 };
  res.writeHead(302, { ...headers, 'set-cookie': [...cookies] }).end();
};

/** Refuses a sign-in that a page shows in a frame or requests as an image: a person must see where a sign-in leads. */
const assertNavigation = ({ headers }: IncomingMessage): void => {
  const destination = headers['sec-fetch-dest'];
  if (destination === undefined || destination === 'document') return;
  throw new ApiError(403, 'cross_site', 'Open this address in a window of its own.');
};

const queryOf = ({ url = '' }: IncomingMessage): string => url.split('?').slice(1).join('?');

type EndingTokens = Pick<EndingSession, 'accessToken' | 'refreshToken'> & Partial<EndingSession>;

class Sessions {
  readonly #options: SessionRoutesOptions;
  readonly #refreshOnce = createSingleFlight<KeptSession>();

  constructor(options: SessionRoutesOptions) {
    this.#options = options;
  }

  async show(req: IncomingMessage, res: ServerResponse): Promise<void> {
    assertOwnPage(req.headers, false);
    sendJson(res, 200, stateOf(await this.#options.cookies.read(req.headers.cookie)));
  }

  /** Leads the browser to the issuer. */
  async begin(req: IncomingMessage, res: ServerResponse): Promise<void> {
    assertNavigation(req);
    const { cookies, page } = this.#options;
    const returnTo = returnAddress(new URLSearchParams(queryOf(req)).get('return'), page);
    try {
      const { address, ...state } = await (await this.#options.openId()).begin();
      redirect(res, address, await cookies.writeSignIn({ ...state, returnTo }));
    } catch (error) {
      this.#refuse(res, 'unavailable', error);
    }
  }

  /** Receives the browser from the issuer. */
  async finish(req: IncomingMessage, res: ServerResponse): Promise<void> {
    assertNavigation(req);
    const { cookies } = this.#options;
    const signIn = await cookies.readSignIn(req.headers.cookie);
    if (!signIn) return this.#refuse(res, 'expired', 'the browser has begun no sign-in');
    const openId = await this.#options.openId();
    try {
      const tokens = await openId.finish(queryOf(req), signIn);
      const begun = { id: randomUUID(), ends: nowSeconds() + sessionSeconds, refreshToken: undefined };
      const kept = await cookies.write(sessionFrom(tokens, begun));
      if (!kept) {
        await this.#revoke(tokens.accessToken, tokens.refreshToken);
        return this.#refuse(res, 'too-large', 'the tokens of the issuer are too long for cookies or for the API');
      }
      redirect(res, signIn.returnTo, [...kept, ...cookies.clear('sign-in')]);
    } catch (error) {
      this.#refuse(res, codeOf(error).error === 'access_denied' ? 'denied' : 'failed', error);
    }
  }

  async refresh(req: IncomingMessage, res: ServerResponse): Promise<void> {
    assertOwnPage(req.headers, true);
    const { cookies } = this.#options;
    const session = await cookies.read(req.headers.cookie);
    if (session && expiryOf(session) - nowSeconds() > freshSeconds) return sendJson(res, 200, stateOf(session));
    if (session?.refreshToken === undefined) throw this.#ended(res);
    const renewed = await this.#refreshOnce(session.refreshToken, () => this.#renew(session)).catch(
      (error: unknown) => {
        if (isFinal(error)) throw this.#ended(res);
        this.#options.log('WARNING', 'a session was not refreshed', reasonOf(error));
        throw issuerAway();
      },
    );
    const kept = await cookies.write(renewed);
    if (!kept) return this.#end(res, renewed);
    res.setHeader('set-cookie', kept);
    sendJson(res, 200, stateOf(renewed));
  }

  /** Ends the session here, also when the issuer does not respond. The response says whether its tokens were revoked. */
  async signOut(req: IncomingMessage, res: ServerResponse): Promise<void> {
    assertOwnPage(req.headers, true);
    const { cookies } = this.#options;
    await this.#end(res, await cookies.readEnding(req.headers.cookie));
  }

  async #end(res: ServerResponse, { accessToken, refreshToken, isWhole = true }: EndingTokens): Promise<void> {
    const revoked = (await this.#revoke(accessToken, refreshToken)) && isWhole;
    res.setHeader('set-cookie', this.#options.cookies.clear('session', 'refresh', 'sign-in'));
    sendJson(res, 200, { state: 'signed-out', revoked } satisfies SessionState);
  }

  async #renew(session: KeptSession): Promise<KeptSession> {
    const tokens = await (await this.#options.openId()).refresh(session.refreshToken ?? '');
    return sessionFrom(tokens, session);
  }

  /** Revokes the tokens that there are. Returns whether none is left that the issuer could revoke. */
  async #revoke(accessToken: string | undefined, refreshToken: string | undefined): Promise<boolean> {
    const openId = await this.#options.openId();
    const results = await Promise.allSettled([
      refreshToken === undefined ? undefined : openId.revoke(refreshToken, 'refresh_token'),
      accessToken === undefined ? undefined : openId.revoke(accessToken, 'access_token'),
    ]);
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [codeOf(result.reason)] : []));
    const left = failures.filter(({ error }) => error !== 'unsupported_token_type');
    for (const failure of left) this.#options.log('WARNING', 'a token was not revoked', failure);
    return left.length === 0;
  }

  #ended(res: ServerResponse): ApiError {
    res.setHeader('set-cookie', this.#options.cookies.clear('session', 'refresh'));
    return signInAgain({});
  }

  /** Leads the browser back to the page, which says why nobody was signed in. */
  #refuse(res: ServerResponse, refusal: Refusal, cause: unknown): void {
    this.#options.log('WARNING', 'signing in on the page failed', { refusal, ...reasonOf(cause) });
    const { page, cookies } = this.#options;
    redirect(res, `${page.href}?${new URLSearchParams({ 'sign-in': refusal })}`, cookies.clear('sign-in'));
  }
}

type Act = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

const methodError = (allow: string): ApiError =>
  new ApiError(405, 'method_not_allowed', `This path takes ${allow} only.`, { headers: { allow } });

/**
 * Makes the routes by which the page signs a person in and out. The tokens are in cookies that only the service can
 * read, and the service keeps nothing (docs/adr/0038-page-sessions.md).
 */
export const createSessionRoutes = (options: SessionRoutesOptions): SessionRoutes => {
  const sessions = new Sessions(options);
  const acts = new Map<string, readonly [method: string, act: Act]>([
    ['/session', ['GET', (req, res) => sessions.show(req, res)]],
    ['/session/sign-in', ['GET', (req, res) => sessions.begin(req, res)]],
    ['/session/callback', ['GET', (req, res) => sessions.finish(req, res)]],
    ['/session/refresh', ['POST', (req, res) => sessions.refresh(req, res)]],
    ['/session/sign-out', ['POST', (req, res) => sessions.signOut(req, res)]],
  ]);
  return (req, res, path) => {
    const [method, act] = acts.get(path) ?? [];
    if (!method || !act) return undefined;
    return req.method === method ? act(req, res) : Promise.reject(methodError(method));
  };
};

/** Makes the routes of a page without sign-in: the page learns that there is none. */
export const createNoSessions = (): SessionRoutes => (_, res, path) =>
  path === '/session'
    ? Promise.resolve(sendJson(res, 200, { state: 'unavailable' } satisfies SessionState))
    : undefined;
