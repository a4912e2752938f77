import { readKubeconfig } from '../kubeconfig.ts';
import { type Sources, tlsOf } from '../settings.ts';
import { authorities } from '../trust.ts';
import { createExchange, type Exchange } from './exchange.ts';

/**
 * Asks the API at this address, and issuers: the kubeconfig's authority vouches for the API, and for an issuer only where
 * it has the API's origin.
 * @throws Failure when the kubeconfig, or a file that names authorities, can't be read
 */
export async function openExchange({ env, home }: Pick<Sources, 'env' | 'home'>, base: URL): Promise<Exchange> {
  const toApi = createExchange(await tlsOf(env, await readKubeconfig(env, home), false));
  const toIssuer = createExchange({ verify: true, ca: await authorities(env, undefined) });
  return (url, form) => (new URL(url).origin === base.origin ? toApi : toIssuer)(url, form);
}
