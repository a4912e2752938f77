import { isSection, textAt } from '../../lib/kube/kubeconfig-file.ts';
import { EXIT, Failure } from '../failure.ts';
import { askFor, type Exchange } from './exchange.ts';

/** Where and as which client one signs in, for which service. */
export type Issuer = {
  issuer: string;
  clientId: string;
  scope: string;
  /** What the token is asked for (RFC 8707). */
  resource: string;
  authorizationEndpoint: string | undefined;
  tokenEndpoint: string;
  deviceEndpoint: string | undefined;
  revocationEndpoint: string | undefined;
};

const notOffered = (base: URL): Failure =>
  new Failure(EXIT.usage, `${base.origin} does not offer signing in.`, {
    hint: 'Use a client certificate (KUBECONFIG) or a token (TOOLFORGE_TOKEN).',
  });

type Client = Pick<Issuer, 'issuer' | 'clientId' | 'scope' | 'resource'>;

/** @see https://www.rfc-editor.org/rfc/rfc9728 */
async function clientOf(exchange: Exchange, base: URL): Promise<Client> {
  const address = `${base.origin}${base.pathname.replace(/\/v1$/, '')}/.well-known/oauth-protected-resource`;
  const { status, json } = await exchange(address);
  const client = Array.isArray(json.clients) ? json.clients.find(isSection) : undefined;
  const [issuer, clientId] = [textAt(client, 'issuer'), textAt(client, 'client_id')];
  if (status !== 200 || !issuer || !clientId || !URL.canParse(issuer)) throw notOffered(base);
  return { issuer, clientId, scope: textAt(client, 'scope') ?? 'openid', resource: textAt(json, 'resource') ?? '' };
}

/**
 * How to sign in to the API at this address: it names the issuer and our client, the issuer its endpoints.
 * @throws Failure when there is no way
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
export async function findIssuer(exchange: Exchange, base: URL): Promise<Issuer> {
  const client = await clientOf(exchange, base);
  const url = `${client.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = await askFor(exchange, url, 'how to sign in');
  const tokenEndpoint = textAt(found, 'token_endpoint');
  if (textAt(found, 'issuer') !== client.issuer || !tokenEndpoint) {
    throw new Failure(EXIT.unavailable, `${url} describes another issuer than ${client.issuer}.`);
  }
  return {
    ...client,
    tokenEndpoint,
    authorizationEndpoint: textAt(found, 'authorization_endpoint'),
    deviceEndpoint: textAt(found, 'device_authorization_endpoint'),
    revocationEndpoint: textAt(found, 'revocation_endpoint'),
  };
}
