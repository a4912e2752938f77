import { type ChosenProxy, proxyFor } from '../lib/proxy/choose.ts';
import type { Environment } from './environment.ts';
import { exitCodes, Failure } from './failure.ts';
import { trustedAuthorities } from './tls.ts';

/** The way to a server: a proxy, and the certificate authorities that an https proxy is verified with, as PEM. */
export type ProxyRoute = { proxy: ChosenProxy; ca: string[] | undefined };

/**
 * Returns the way to a URL, if the environment names a proxy for it. An https proxy is always verified, and never with
 * the authority of a kubeconfig.
 * @throws Failure for a variable that is not the URL of a proxy
 */
export const proxyRoute = async (url: URL, env: Environment): Promise<ProxyRoute | undefined> => {
  try {
    const proxy = proxyFor(url, env);
    if (!proxy) return undefined;
    return { proxy, ca: proxy.url.protocol === 'https:' ? await trustedAuthorities(env, undefined) : undefined };
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(exitCodes.usage, (error as Error).message, { cause: error });
  }
};
