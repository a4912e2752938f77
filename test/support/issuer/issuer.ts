import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose';
import type { TrustedIssuer } from '../../../lib/auth/trusted-issuers.ts';
import { basicCredentials } from '../../../lib/basic-credentials.ts';
import { createAdapters } from '../../../local/sign-in/adapter.ts';
import { apiClient, cliClient, createProvider, type Person } from './provider.ts';

/** Behaviour of the test issuer: it responds normally, never, or with 500 to every request. */
type Mode = 'working' | 'slow' | 'broken';

export type OidcIssuer = {
  url: string;
  /** People who can sign in at the test issuer, by name. */
  people: Map<string, Person>;
  /** Chooses the person whom the test issuer signs in from now on. */
  signIn: (person: string) => void;
  /** Methods and paths of all requests to the test issuer, such as `POST /token`. */
  requests: string[];
  mode: (mode: Mode) => void;
  /** Chooses members that replace those of each response with tokens from now on. */
  changeTokens: (members: Readonly<Record<string, unknown>>) => void;
  /** Makes a new signing key for the issuer. The previous key stays published until the next rotation. */
  rotate: () => Promise<void>;
  /**
   * Returns an element of AUTH_ISSUERS, which makes the API trust the test issuer.
   * @param secretFile file with the secret of the API's OAuth client. Without the file, the API does not ask the issuer
   * whether a token is revoked
   * @param seconds time for which the API may remember that a token is not revoked
   */
  setting: (secretFile?: string, seconds?: number) => TrustedIssuer;
  close: () => Promise<void>;
};

export type OidcIssuerOptions = {
  /** Port of the test issuer on all addresses. Default: a free port on the loopback address. */
  port?: number;
  /** URL of the test issuer. Default: the loopback address with the issuer's port. */
  url?: string;
  audience?: string;
  /** Lifetime of the access tokens of the test issuer, in seconds. Default: 300. */
  tokenSeconds?: number;
  /** Secret of the OAuth client with which the API asks the issuer whether a token is revoked. */
  secret?: string;
};

let keyCount = 0;

const newKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: `key-${++keyCount}`, alg: 'ES256', use: 'sig' };
};

const publicPart = ({ d: _, ...key }: JWK): JWK => key;

type Provider = ReturnType<typeof createProvider>;

/**
 * Does what a person does with an issuer's forms of sign-in and consent: signs in as `person`, and grants every scope.
 */
const interact = async (
  provider: Provider,
  person: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> => {
  const { prompt, params, session, grantId } = await provider.interactionDetails(req, res);
  if (prompt.name === 'login') {
    await provider.interactionFinished(req, res, { login: { accountId: person } });
    return;
  }
  const newGrant = () =>
    new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id as string });
  const grant = (grantId ? await provider.Grant.find(grantId) : undefined) ?? newGrant();
  const missing = prompt.details as { missingOIDCScope?: string[]; missingResourceScopes?: Record<string, string[]> };
  grant.addOIDCScope((missing.missingOIDCScope ?? []).join(' '));
  for (const [indicator, scopes] of Object.entries(missing.missingResourceScopes ?? {}))
    grant.addResourceScope(indicator, scopes.join(' '));
  await provider.interactionFinished(
    req,
    res,
    { consent: { grantId: await grant.save() } },
    {
      mergeWithLastSubmission: true,
    },
  );
};

const authorized = ({ headers }: IncomingMessage, secret: string): boolean =>
  headers.authorization === basicCredentials(apiClient.id, secret);

/**
 * Responds to introspection requests for JWTs, which oidc-provider does not support. A token is active while its grant
 * exists.
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
const introspect = async (
  provider: Provider,
  { keys, secret }: { keys: JWK[]; secret: string },
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> => {
  const token = new URLSearchParams(await text(req)).get('token') ?? '';
  if (!authorized(req, secret)) return void res.writeHead(401).end();
  const active = await jwtVerify(token, createLocalJWKSet({ keys: keys.map(publicPart) }))
    .then(({ payload }) => provider.Grant.find(String(payload.grant)))
    .then(Boolean, () => false);
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ active }));
};

const listen = async (server: Server, port: number | undefined): Promise<number> => {
  await new Promise<void>((resolve) =>
    port === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(port, resolve),
  );
  return (server.address() as AddressInfo).port;
};

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Returns a function that makes the element of AUTH_ISSUERS for an issuer. */
const settingOf =
  (url: string, audience: string): OidcIssuer['setting'] =>
  (secretFile, seconds) => ({
    issuer: url,
    audience,
    jwksUri: `${url}/jwks`,
    claim: 'groups',
    prefix: 'tools.',
    scopeClaim: 'scope',
    client: { id: cliClient },
    ...(secretFile
      ? {
          introspection: {
            uri: `${url}/introspect`,
            clientId: apiClient.id,
            secretFile,
            ...(seconds === undefined ? {} : { seconds }),
          },
        }
      : {}),
  });

type State = {
  mode: Mode;
  person: string;
  keys: JWK[];
  provider: Provider | undefined;
  tokenMembers: Record<string, unknown>;
};

const createListener =
  (state: State, requests: string[], secret: string): RequestListener =>
  (req, res) => {
    requests.push(`${req.method} ${req.url}`);
    const { provider } = state;
    if (state.mode === 'slow' || !provider) return;
    if (state.mode === 'broken') return void res.writeHead(500).end('broken on purpose');
    if (req.url === '/introspect') return void introspect(provider, { keys: state.keys, secret }, req, res);
    if (req.url?.startsWith('/interaction/')) return void interact(provider, state.person, req, res);
    provider.callback()(req, res);
  };

/**
 * Starts an OpenID Connect issuer for tests (oidc-provider), with a public client for `toolforge-build` and a client
 * for the API.
 */
export const startOidcIssuer = async (options: OidcIssuerOptions = {}): Promise<OidcIssuer> => {
  const { audience = 'builds-api', tokenSeconds = 300, secret = apiClient.secret } = options;
  const people = new Map<string, Person>();
  const requests: string[] = [];
  const state: State = { mode: 'working', person: '', keys: [await newKey()], provider: undefined, tokenMembers: {} };
  const server = createServer({ keepAliveTimeout: 0 }, createListener(state, requests, secret));
  const port = await listen(server, options.port);
  const url = options.url ?? `http://127.0.0.1:${port}`;
  const adapter = createAdapters();
  const restartProvider = () => {
    const { keys, tokenMembers } = state;
    state.provider = createProvider({ url, audience, people, keys, tokenSeconds, adapter, tokenMembers });
  };
  restartProvider();
  return {
    url,
    people,
    requests,
    signIn: (person) => Object.assign(state, { person }),
    mode: (mode) => Object.assign(state, { mode }),
    changeTokens: (tokenMembers) => {
      state.tokenMembers = tokenMembers;
      restartProvider();
    },
    rotate: async () => {
      state.keys = [await newKey(), ...state.keys].slice(0, 2);
      restartProvider();
    },
    setting: settingOf(url, audience),
    close: () => close(server),
  };
};
