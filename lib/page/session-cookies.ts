import { maxTokenLength } from '../auth/bearer-token.ts';
import { type CookieOptions, fitsCookies, hasCookie, readCookie, writeCookies } from '../auth/session/cookies.ts';
import { createSealer, type Purpose, type Sealer } from '../auth/session/sealed.ts';
import type { Secret } from '../secret.ts';

/** Content of the session's cookie, which every function of the API can open. `id`: the sign-in that it is from. */
type SessionContent = { token: string; id: string };

/** Content of the cookies of a session. `ends`: time when the person must sign in again, in seconds since 1970. */
export type KeptSession = {
  id: string;
  ends: number;
  accessToken: string;
  refreshToken: string | undefined;
};

/** Tokens to revoke. `isWhole`: whether every cookie of the session could be opened. */
export type EndingSession = {
  accessToken: string | undefined;
  refreshToken: string | undefined;
  isWhole: boolean;
};

/** Values of a sign-in that has begun. `returnTo`: the address to show afterwards. */
type KeptSignIn = { state: string; nonce: string; verifier: string; returnTo: string };

/** Time that a person may take to sign in at the issuer, in seconds. */
const signInSeconds = 600;

export type SessionCookies = {
  /** Returns the session in the header Cookie. Undefined without a session, and after its end. */
  read: (header: string | undefined) => Promise<KeptSession | undefined>;
  /** Returns the tokens of a session that ends, also where one of its cookies is absent or can't be opened. */
  readEnding: (header: string | undefined) => Promise<EndingSession>;
  /** Returns the values of Set-Cookie that keep a session. Undefined for tokens too long for cookies or the API. */
  write: (session: KeptSession) => Promise<string[] | undefined>;
  readSignIn: (header: string | undefined) => Promise<KeptSignIn | undefined>;
  writeSignIn: (signIn: KeptSignIn) => Promise<string[]>;
  /** Returns the values of Set-Cookie that remove the cookies of a purpose. */
  clear: (...purposes: Purpose[]) => string[];
};

export type SessionCookiesOptions = {
  /** Keys of the session, which every function has. */
  sessionKeys: Secret;
  /** Keys of the refresh token and of a sign-in, which only the function web has. */
  refreshKeys: Secret;
  /** Address of the page, which ends with a slash. */
  page: URL;
  now?: () => number;
};

const areTexts = (...values: unknown[]): boolean => values.every((value) => typeof value === 'string');

const tokenIn = (content: Readonly<Record<string, unknown>> | undefined): string | undefined =>
  typeof content?.token === 'string' ? content.token : undefined;

/**
 * Makes what reads and writes the page's cookies. Two cookies hold a session, because the functions of the API need the
 * access token only: the refresh token has keys of its own, so a function that was taken over can't open it. Both name
 * the same sign-in, so a refresh token of another sign-in is never used. Security: `web` opens both cookies for whoever
 * sends them. So browsers send the refresh token's cookie only to the paths of the page's sessions, and no function of
 * the API and no other service of the host receives it.
 */
export const createSessionCookies = (options: SessionCookiesOptions): SessionCookies => {
  const { sessionKeys, refreshKeys, page, now = Date.now } = options;
  const isSecure = page.protocol === 'https:';
  const sealers: Record<Purpose, Sealer> = {
    session: createSealer(sessionKeys, 'session', now),
    refresh: createSealer(refreshKeys, 'refresh', now),
    'sign-in': createSealer(refreshKeys, 'sign-in', now),
  };
  const cookieOf = (purpose: Purpose): CookieOptions => ({ purpose, isSecure });
  const pathOf = (purpose: Purpose): string => (purpose === 'refresh' ? `${page.pathname}session` : '/');
  /** Returns the values of Set-Cookie for the cookies of a purpose. */
  const keep = (text: string, purpose: Purpose, sameSite: 'Strict' | 'Lax', seconds: number): string[] =>
    writeCookies(text, cookieOf(purpose), { sameSite, seconds, path: pathOf(purpose) });
  const open = async (header: string | undefined, purpose: Purpose) => {
    const text = readCookie(header, cookieOf(purpose));
    return text === undefined ? undefined : sealers[purpose].open(text);
  };
  const secondsUntil = (time: number): number => Math.max(1, Math.floor(time - now() / 1000));
  return {
    read: async (header) => {
      const [session, refresh] = [await open(header, 'session'), await open(header, 'refresh')];
      if (!session || !areTexts(session.token, session.id)) return undefined;
      const { token, id } = session as unknown as SessionContent;
      const refreshToken = refresh?.id === id ? tokenIn(refresh) : undefined;
      return { id, ends: session.expires, accessToken: token, refreshToken };
    },
    readEnding: async (header) => {
      const [accessToken, refreshToken] = [
        tokenIn(await open(header, 'session')),
        tokenIn(await open(header, 'refresh')),
      ];
      const isLost = (token: string | undefined, purpose: Purpose): boolean =>
        token === undefined && hasCookie(header, cookieOf(purpose));
      return {
        accessToken,
        refreshToken,
        isWhole: !isLost(accessToken, 'session') && !isLost(refreshToken, 'refresh'),
      };
    },
    write: async ({ id, ends, accessToken, refreshToken }) => {
      const seconds = secondsUntil(ends);
      const session = await sealers.session.seal({ token: accessToken, id, expires: ends });
      const refresh =
        refreshToken === undefined ? '' : await sealers.refresh.seal({ token: refreshToken, id, expires: ends });
      if (accessToken.length > maxTokenLength || !fitsCookies(session, refresh)) return undefined;
      return [...keep(session, 'session', 'Strict', seconds), ...keep(refresh, 'refresh', 'Strict', seconds)];
    },
    readSignIn: async (header) => {
      const { state, nonce, verifier, returnTo } = (await open(header, 'sign-in')) ?? { expires: 0 };
      return areTexts(state, nonce, verifier, returnTo)
        ? ({ state, nonce, verifier, returnTo } as KeptSignIn)
        : undefined;
    },
    writeSignIn: async (signIn) => {
      const text = await sealers['sign-in'].seal({ ...signIn, expires: Math.floor(now() / 1000) + signInSeconds });
      // The issuer leads the browser back from its own site, so the cookie is sent for links of other sites too.
      return keep(text, 'sign-in', 'Lax', signInSeconds);
    },
    clear: (...purposes) => purposes.flatMap((purpose) => keep('', purpose, 'Strict', 0)),
  };
};
