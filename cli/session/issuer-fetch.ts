import type { IncomingMessage } from 'node:http';
import type { CustomFetch, CustomFetchOptions } from 'openid-client';
import { withTimeout } from '../../lib/abort.ts';
import { readBounded } from '../../lib/bounded-body.ts';
import type { Requester } from '../../lib/proxy/requests.ts';
import { proxyRefusal } from '../../lib/proxy/tunnel.ts';
import type { Environment } from '../environment.ts';
import { networkFailure, timeoutError } from '../network-errors.ts';
import { type ProxyRoute, proxyRoute } from '../proxy.ts';
import { responseTo } from '../response-to.ts';
import { trustedAuthorities } from '../tls.ts';

/**
 * The `fetch` with which openid-client sends requests to an issuer. Redirects are not followed, so that a token is not
 * sent to another server.
 * @throws Failure for a network or TLS error
 */
export type IssuerFetch = CustomFetch;

/**
 * Time limit of a request to an issuer, in milliseconds. The session file is locked during a refresh, so the limit must
 * be shorter than the time after which the lock counts as stale.
 */
const exchangeMs = 15_000;

/** HTTP statuses for which the class Response accepts no body. */
const bodilessStatuses = new Set([204, 205, 304]);

/** Largest response of an issuer, in bytes. */
const maxBytes = 1024 * 1024;

/**
 * Makes a Response object for openid-client from a response of node:http. A challenge in WWW-Authenticate is left out,
 * because openid-client would prefer the challenge to the error code in the body.
 */
const toResponse = async (message: IncomingMessage): Promise<Response> => {
  const body = await readBounded(message, maxBytes);
  const status = message.statusCode ?? 0;
  const headers = ['content-type', 'retry-after', 'location'].flatMap((name): [string, string][] => {
    const value = message.headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  return new Response(bodilessStatuses.has(status) ? null : body, { status, headers });
};

/** Returns the function that opens requests to a URL: through the proxy of a route, if there is one. */
const requesterFor = async (url: URL, ca: string[], route: ProxyRoute | undefined): Promise<Requester> => {
  const isSecure = url.protocol === 'https:';
  const trust = { ca, rejectUnauthorized: true };
  if (route) {
    const { proxiedRequests } = await import('../proxied-requests.ts');
    return proxiedRequests(route, isSecure ? trust : undefined).request;
  }
  const { request } = isSecure ? await import('node:https') : await import('node:http');
  return (to, options) => request(to, { ...options, agent: false, ...trust });
};

/**
 * Returns a `fetch` that trusts the given certificate authorities, which the global `fetch` can't do, and sends no
 * client certificate.
 * @param env environment variables that may name proxies. Default: none
 * @param timeoutMs time limit until the whole response is read, in milliseconds. Default: 15 s
 */
export const createIssuerFetch =
  (ca: string[], env: Environment = {}, timeoutMs: number = exchangeMs): IssuerFetch =>
  async (address, { method, headers, body, signal: given }: CustomFetchOptions) => {
    const url = new URL(address);
    const route = await proxyRoute(url, env);
    const request = await requesterFor(url, ca, route);
    const text = body ? String(body) : undefined;
    const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) };
    const signal = withTimeout(timeoutMs, given);
    try {
      const outgoing = request(url, { method, headers: { ...headers, ...length }, signal });
      const response = responseTo(outgoing);
      outgoing.end(text);
      const message = await response;
      // A proxy that wants a password answers a request for plain http itself, in the place of the issuer.
      if (route && message.statusCode === 407) throw proxyRefusal(route.proxy, 407, 'pass requests on');
      return await toResponse(message);
    } catch (error) {
      throw networkFailure(signal.aborted ? timeoutError() : error, url);
    }
  };

/**
 * Returns the `fetch` for requests to the API at `base` and to issuers. Certificates are always verified.
 * @param authority PEM of a certificate authority that is trusted for the API, and for an issuer only when the issuer
 * has the API's origin
 * @throws Failure when a file with certificate authorities can't be read
 */
export const openIssuerFetch = async (
  env: Environment,
  base: URL,
  authority: string | undefined,
): Promise<IssuerFetch> => {
  const toApi = createIssuerFetch(await trustedAuthorities(env, authority), env);
  const toIssuer = createIssuerFetch(await trustedAuthorities(env, undefined), env);
  return (url, options) => (new URL(url).origin === base.origin ? toApi : toIssuer)(url, options);
};
