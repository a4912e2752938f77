import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import type { RequestOptions as SecureRequestOptions } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { basicCredentials } from '../basic-credentials.ts';
import { type ChosenProxy, proxyAddress } from './choose.ts';
import { ProxyError } from './errors.ts';

/** The end of a tunnel: a host's name or IP address, without brackets, and a port. */
export type TunnelTarget = { host: string; port: number };

export type TunnelOptions = {
  /** Certificate authorities that an https proxy is verified with, as PEM. Default: those of Node. */
  ca?: string[] | undefined;
  /** Time limit until the proxy has opened the tunnel, in milliseconds. */
  timeoutMs: number;
};

const named = (proxy: ChosenProxy): string => `${proxyAddress(proxy)} of ${proxy.variable}`;

/** Returns the value of Proxy-Authorization for the user name and password in a proxy's URL; undefined without them. */
export const proxyAuthorization = ({ url }: ChosenProxy): string | undefined => {
  if (url.username === '' && url.password === '') return undefined;
  return basicCredentials(decodeURIComponent(url.username), decodeURIComponent(url.password));
};

/** Returns the host of a URL as it is needed for a connection: without the brackets of an IPv6 address. */
export const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

/** Returns options of node:http for a request to a proxy itself. */
export const proxyRequestOptions = (proxy: ChosenProxy, { ca }: Pick<TunnelOptions, 'ca'>): SecureRequestOptions => ({
  protocol: proxy.url.protocol,
  host: bareHost(proxy.url),
  port: proxy.url.port || (proxy.url.protocol === 'https:' ? 443 : 80),
  agent: false,
  // Without this option node:https takes the host of the header Host for the name in the proxy's certificate.
  servername: isIP(bareHost(proxy.url)) === 0 ? proxy.url.hostname : '',
  ...(ca ? { ca } : {}),
});

/** Returns the error for a proxy that can't be reached, or that breaks the connection. */
export const unusableProxy = (proxy: ChosenProxy, cause: unknown): ProxyError => {
  const { code = 'EPROXY', message } = cause as NodeJS.ErrnoException;
  const reason = message.includes(code) ? message : `${message} (${code})`;
  return new ProxyError(`The proxy ${named(proxy)} can't be used: ${reason}.`, proxy.variable, code, cause);
};

/** Returns the error for a status with which a proxy refuses a request. @param aim says what the proxy was to do */
export const proxyRefusal = (proxy: ChosenProxy, status: number, aim: string): ProxyError => {
  const { variable } = proxy;
  if (status === 407) {
    const advice = `${variable}=http://USER:PASSWORD@HOST:PORT`;
    return new ProxyError(
      `The proxy ${named(proxy)} wants a valid user name and password: ${advice}.`,
      variable,
      'EPROXYAUTH',
    );
  }
  const code = [502, 503, 504].includes(status) ? 'EHOSTUNREACH' : 'EPROXY';
  return new ProxyError(`The proxy ${named(proxy)} refuses to ${aim} (HTTP status ${status}).`, variable, code);
};

/** Settles with the answer to a request CONNECT. Every answer is an event 'connect', whatever its status. */
const answerTo = (request: ClientRequest, timeoutMs: number): Promise<[IncomingMessage, Socket, Buffer]> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    request.once('connect', (response, socket, head) => resolve([response, socket as Socket, head]));
    request.once('error', reject);
    request.once('close', () => {
      clearTimeout(timer);
      reject(Object.assign(new Error('closed without an answer'), { code: 'ECONNRESET' }));
    });
    request.end();
  });

/**
 * Opens a connection to a host through an http or https proxy, with the method CONNECT. What a proxy answers instead is
 * never taken for an answer of the host.
 * @throws ProxyError when the proxy can't be reached, or refuses
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
export const openTunnel = async (proxy: ChosenProxy, target: TunnelTarget, options: TunnelOptions): Promise<Socket> => {
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  const authorization = proxyAuthorization(proxy);
  const headers = { host: authority, ...(authorization ? { 'proxy-authorization': authorization } : {}) };
  const request = proxy.url.protocol === 'https:' ? (await import('node:https')).request : requestHttp;
  const words = { ...proxyRequestOptions(proxy, options), method: 'CONNECT', path: authority, headers };
  const [response, socket, head] = await answerTo(request(words), options.timeoutMs).catch((cause: unknown) => {
    throw unusableProxy(proxy, cause);
  });
  const status = response.statusCode ?? 0;
  if (Math.trunc(status / 100) !== 2) {
    socket.destroy();
    throw proxyRefusal(proxy, status, `open a connection to ${authority}`);
  }
  if (head.length > 0) socket.unshift(head);
  return socket;
};
