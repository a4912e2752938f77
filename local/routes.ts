import type { KubeApi } from '../embedded/kubernetes/api.ts';
import { sendJson } from '../lib/http/respond.ts';
import type { Listener } from '../lib/http/types.ts';
import { brokerPath } from './environment.ts';
import type { Functions } from './functions.ts';
import { refusalOf } from './roles.ts';

export const notFound: Listener = (_, res) =>
  sendJson(res, 404, { error: ['There is nothing here.'], code: 'not_found' });

/** Makes a listener that routes HTTP requests by the prefix of their path. Other requests go to `otherwise`. */
export const routeByPrefix =
  (routes: [string, Listener][], otherwise: Listener): Listener =>
  (req, res) => {
    const found = routes.find(([prefix]) => req.url?.startsWith(prefix));
    (found ? found[1] : otherwise)(req, res);
  };

/** Returns the listener of an event function. A name such as `constructor` is no function. */
const listenerOf = (listeners: Record<string, Listener> | undefined, name: string): Listener =>
  (listeners && Object.hasOwn(listeners, name) ? listeners[name] : undefined) ?? notFound;

/** Credentials of the embedded Kubernetes API: its own token, and the names of the accounts by their tokens. */
export type Credentials = { token: string; accounts: ReadonlyMap<string, string> };

/**
 * Makes a listener for the Kubernetes API that refuses what the Role of a function's account does not allow, so that a
 * missing permission shows up here and not only on a cluster.
 */
const withRoles =
  ({ handler }: KubeApi, { token, accounts }: Credentials): Listener =>
  (req, res) => {
    const account = accounts.get(req.headers.authorization?.replace(/^Bearer /, '') ?? '');
    const refusal = account && refusalOf(account, req.method ?? '', new URL(req.url ?? '', 'http://kubernetes'));
    if (refusal) {
      const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403 };
      return sendJson(res, 403, { ...status, message: `forbidden: ${refusal}` });
    }
    if (account) req.headers.authorization = `Bearer ${token}`;
    handler(req, res);
  };

/**
 * Makes a listener for the requests of functions and Tekton, which go to the broker, to an event function, or to the
 * Kubernetes API.
 */
export const internalRoutes = (
  kube: KubeApi,
  credentials: Credentials,
  parts: { broker?: Listener; functions?: Functions },
): Listener => {
  const api = withRoles(kube, credentials);
  return (req, res) => {
    const { broker, functions } = parts;
    if (req.url === brokerPath) return (broker ?? notFound)(req, res);
    const [, event] = /^\/events\/([a-z-]+)$/.exec(req.url ?? '') ?? [];
    if (event) listenerOf(functions?.events, event)(req, res);
    else api(req, res);
  };
};
