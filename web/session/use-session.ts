import { readonly, ref } from 'vue';
import { pageRoot } from '../page-root.ts';
import { pageHeaders } from './page-headers.ts';

/**
 * State of the session, as the server tells it. `expires`: time when the access token expires, in RFC 3339. `ends`: time when
 * the person must sign in again. The tokens themselves never reach the page.
 */
export type Session =
  | { state: 'unknown' | 'unavailable' | 'signed-out' }
  | { state: 'signed-in'; expires: string; ends: string };

/** The only global state of the page. */
const session = ref<Session>({ state: 'unknown' });

/** Time before the expiry of the access token at which the page asks for another one, in milliseconds. */
const refreshAheadMs = 60_000;

/** Name of the lock by which the tabs of a browser refresh the session one after the other. */
const lockName = 'builds-session';

let timer: ReturnType<typeof setTimeout> | undefined;

const request = async (path: string, method: 'GET' | 'POST'): Promise<Session> => {
  const response = await fetch(`${pageRoot}session${path}`, { method, headers: pageHeaders });
  if (response.status === 401) return { state: 'signed-out' };
  if (!response.ok) throw new Error(`the session can't be read (${response.status})`);
  return (await response.json()) as Session;
};

const isFresh = (found: Session): boolean =>
  found.state === 'signed-in' && Date.parse(found.expires) - Date.now() > refreshAheadMs;

const scheduleRefresh = (found: Session): void => {
  clearTimeout(timer);
  if (found.state !== 'signed-in') return;
  const inMs = Date.parse(found.expires) - Date.now() - refreshAheadMs;
  timer = setTimeout(() => void refresh().catch(() => undefined), Math.max(inMs, 5000));
};

const use = (found: Session): Session => {
  session.value = found;
  scheduleRefresh(found);
  return found;
};

/** Reads the state of the session from the server. @throws Error when the server does not say it */
const load = async (): Promise<Session> => use(await request('', 'GET'));

/**
 * Gets another access token, unless another tab has just done so. One tab at a time asks, because issuers end a
 * session when they see a refresh token twice.
 * @throws Error when the server or the issuer does not respond
 */
const refresh = async (): Promise<Session> =>
  navigator.locks.request(lockName, async () => {
    const found = await request('', 'GET');
    return use(found.state !== 'signed-in' || isFresh(found) ? found : await request('/refresh', 'POST'));
  });

/** Leaves the page to sign in, and comes back to an address of the page. Default: the present one. */
const signIn = (returnTo = location.pathname + location.search + location.hash): void => {
  location.assign(`${pageRoot}session/sign-in?${new URLSearchParams({ return: returnTo })}`);
};

/** Signs out: the server asks the issuer to revoke the tokens, and removes the cookies. */
const signOut = async (): Promise<Session> =>
  navigator.locks.request(lockName, async () => use(await request('/sign-out', 'POST')));

/** The session of the signed-in person, and what changes it. */
export const useSession = () => {
  if (session.value.state === 'unknown') void load().catch(() => undefined);
  return { session: readonly(session), load, refresh, signIn, signOut };
};
