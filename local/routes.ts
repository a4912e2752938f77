import type { KubeApi } from '../embedded/kubernetes/api.ts';
import { sendJson } from '../lib/http/respond.ts';
import type { Listener } from '../lib/http/types.ts';
import { brokerPath } from './environment.ts';
import type { Functions } from './functions.ts';

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

/**
 * Makes a listener for the requests of functions and Tekton, which go to the broker, to an event function, or to the
 * Kubernetes API.
 */
export const internalRoutes =
  (kube: KubeApi, { broker, functions }: { broker?: Listener; functions?: Functions }): Listener =>
  (req, res) => {
    if (req.url === brokerPath) return (broker ?? notFound)(req, res);
    const [, event] = /^\/events\/([a-z-]+)$/.exec(req.url ?? '') ?? [];
    if (event) listenerOf(functions?.events, event)(req, res);
    else kube.handler(req, res);
  };
