import { allowInsecureRequests, customFetch, discovery, None, type ServerMetadata } from 'openid-client';
import { isObject, textAt } from '../../lib/json-values.ts';
import { exitCodes, Failure } from '../failure.ts';
import { isRedirect, redirectTarget } from '../redirects.ts';
import { isThisMachine } from '../unencrypted.ts';
import type { IssuerFetch } from './issuer-fetch.ts';
import { type Issuer, unusableStatusOf } from './openid.ts';
import { safeUrl } from './safe-url.ts';

/** Thrown when an API names no issuer at which a user could sign in. */
export class SignInNotOfferedError extends Failure {
  override readonly name = 'SignInNotOfferedError';

  constructor(base: URL) {
    const hint = isThisMachine(base)
      ? 'Where `npm start` runs it: eval "$(npm --prefix FOLDER run -s env -- TOOL)" gives this shell a client certificate. FOLDER is the project\'s folder.'
      : 'Use a client certificate (KUBECONFIG) or a token (TOOLFORGE_TOKEN).';
    super(exitCodes.usage, `${base.origin} does not offer signing in.`, { hint });
  }
}

type Client = Omit<Issuer, 'metadata'> & { issuer: string };

const readJson = async (response: Response): Promise<unknown> => response.json().catch(() => undefined);

/** Endpoints of an issuer to which `toolforge-build` sends tokens or a browser. */
const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
] as const;

/** Returns the failure for an API that answers the first request of a sign-in with a redirect. */
const movedApi = ({ status, headers }: Response, address: string): Failure => {
  try {
    const target = redirectTarget({ status, location: headers.get('location') }, new URL(address), 'GET');
    return new Failure(exitCodes.usage, `${address} redirects to ${target.href}.`, {
      hint: 'Use the address to which it redirects: see --api-url.',
    });
  } catch (error) {
    return error as Failure;
  }
};

/**
 * Requests from the API the issuer of its tokens, and the id of the OAuth client that `toolforge-build` uses there.
 * @throws Failure when the API names no issuer or no client
 * @see https://www.rfc-editor.org/rfc/rfc9728
 */
const findClient = async (fetch: IssuerFetch, base: URL): Promise<Client> => {
  const address = `${base.origin}${base.pathname.replace(/\/v1$/, '')}/.well-known/oauth-protected-resource`;
  const headers = { accept: 'application/json' };
  const response = await fetch(address, { method: 'GET', headers, body: undefined, redirect: 'manual' });
  if (isRedirect(response.status)) throw movedApi(response, address);
  const metadata = response.status === 200 ? await readJson(response) : undefined;
  const clients = isObject(metadata) ? metadata.clients : undefined;
  const client = Array.isArray(clients) ? clients.find(isObject) : undefined;
  const [issuer, clientId] = [textAt(client, 'issuer'), textAt(client, 'client_id')];
  if (!issuer || !clientId || !URL.canParse(issuer)) throw new SignInNotOfferedError(base);
  safeUrl(issuer, `The issuer that ${base.origin} names`, new URL(issuer));
  return { issuer, clientId, scope: textAt(client, 'scope') ?? 'openid', resource: textAt(metadata, 'resource') ?? '' };
};

const undiscovered = (issuer: string, error: unknown): Failure => {
  if (error instanceof Error && error.cause instanceof Failure) return error.cause;
  const status = unusableStatusOf(error);
  const reason = status === undefined ? (error as Error).message : `it answered with HTTP status ${status}`;
  return new Failure(exitCodes.unavailable, `${issuer} does not say how to sign in: ${reason}.`, { cause: error });
};

/**
 * Requests the metadata of an OpenID Connect issuer. @see https://openid.net/specs/openid-connect-discovery-1_0.html
 */
const discoverMetadata = async (fetch: IssuerFetch, { issuer, clientId }: Client): Promise<ServerMetadata> => {
  const options = { execute: [allowInsecureRequests], [customFetch]: fetch };
  const configuration = await discovery(new URL(issuer), clientId, undefined, None(), options).catch(
    (error: unknown) => {
      throw undiscovered(issuer, error);
    },
  );
  return configuration.serverMetadata();
};

/**
 * Returns how a user signs in to the API at an address: the API names the issuer of its tokens, and the issuer names
 * its endpoints.
 * @throws SignInNotOfferedError when the API offers no sign-in
 * @throws Failure when the issuer's metadata are missing, belong to another issuer or name
 * an endpoint of which `safeUrl` throws
 */
export const findIssuer = async (fetch: IssuerFetch, base: URL): Promise<Issuer> => {
  const client = await findClient(fetch, base);
  const metadata = await discoverMetadata(fetch, client);
  // Security: openid-client compares issuers as URLs, with exceptions for some vendors. Tokens of a foreign issuer must
  // not be accepted, so the issuer must have exactly the name that the API sent.
  if (metadata.issuer !== client.issuer || !metadata.token_endpoint) {
    throw new Failure(exitCodes.unavailable, `${client.issuer} describes another issuer, or has no token endpoint.`);
  }
  for (const name of endpoints) {
    if (metadata[name] !== undefined)
      safeUrl(metadata[name], `The ${name} of ${client.issuer}`, new URL(client.issuer));
  }
  return { metadata, clientId: client.clientId, scope: client.scope, resource: client.resource };
};

/** Returns the part of an issuer's data that is stored with a session, to refresh and revoke tokens later. */
export const tokenSourceOf = ({ metadata, clientId, resource }: Issuer) => ({
  issuer: metadata.issuer,
  clientId,
  resource,
  tokenEndpoint: metadata.token_endpoint ?? '',
  revocationEndpoint: metadata.revocation_endpoint,
});
