import { readonly, ref } from 'vue';
import { pageRoot } from '../page-root.ts';
import { pageHeaders } from './page-headers.ts';
import { isFresh, refreshDelay } from './refresh-delay.ts';
import { createSessionFetch } from './session-fetch.ts';

/**
 * State of the session, as the server tells it. `expires`: time when the access token expires, in RFC 3339. `ends`: time when
 * the person must sign in again. `revoked`: after a sign-out, whether the issuer has ended the session too. The tokens
 * themselves never reach the page.
 */
export type Session =
  | { state: 'unknown' | 'unavailable' }
  | { state: 'signed-out'; revoked?: boolean }
  | { state: 'signed-in'; expires: string; ends: string };

/** The only global state of the page. */
const session = ref<Session>({ state: 'unknown' });

/** Name of the lock by which the tabs of a browser refresh the session one after the other. */
const lockName = 'builds-session';

let timer: ReturnType<typeof setTimeout> | undefined;

/** Number of refreshes in a row that failed. */
let failures = 0;

const request = async (path: string, method: 'GET' | 'POST'): Promise<Session> => {
  const response = await fetch(`${pageRoot}session${path}`, { method, headers: pageHeaders });
  if (response.status === 401) return { state: 'signed-out' };
  if (!response.ok) throw new Error(`the session can't be read (${response.status})`);
  return (await response.json()) as Session;
};

const isStale = (found: Session): boolean => found.state === 'signed-in' && !isFresh(found.expires, Date.now());

const scheduleRefresh = (found: Session): void => {
  clearTimeout(timer);
  if (found.state !== 'signed-in') return;
  const delay = refreshDelay(found.expires, Date.now(), failures);
  timer = setTimeout(() => void refresh().catch(() => undefined), delay);
};

const use = (found: Session): Session => {
  failures = 0;
  session.value = found;
  scheduleRefresh(found);
  return found;
};

/** Reads the state of the session from the server. @throws Error when the server does not say it */
const load = async (): Promise<Session> => use(await request('', 'GET'));

const renew = async (): Promise<Session> => {
  const found = await request('', 'GET');
  return use(isStale(found) ? await request('/refresh', 'POST') : found);
};

/**
 * Gets another access token, unless another tab has just done so. One tab at a time asks, because issuers end a
 * session when they see a refresh token twice. After a failure the page tries again later.
 * @throws Error when the server or the issuer does not respond
 */
const refresh = async (): Promise<Session> => {
  try {
    return await navigator.locks.request(lockName, renew);
  } catch (error) {
    failures++;
    scheduleRefresh(session.value);
    throw error;
  }
};

/** Sends a request with the session, which is refreshed first where needed. */
export const fetchWithSession = createSessionFetch({
  send: (request) => fetch(request),
  isStale: () => isStale(session.value),
  refresh: async () => (await refresh()).state === 'signed-in',
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
