import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose';
import type { TrustedIssuer as IssuerSetting } from '../../../lib/auth/trusted-issuers.ts';
import { createAdapters } from './adapter.ts';
import { apiClient, cliClient, createProvider, type Person } from './provider.ts';

/** slow: answers never come. broken: every answer is 500. */
export type Mode = 'well' | 'slow' | 'broken';

export type OidcIssuer = {
  url: string;
  people: Map<string, Person>;
  /** Who signs in at the next form. */
  signIn: (person: string) => void;
  /** Paths that were asked for, with their methods. */
  requests: string[];
  mode: (mode: Mode) => void;
  /** Signs with a new key from now on; the one before stays published until the next time. */
  rotate: () => Promise<void>;
  /** How the API is told to believe this issuer. @param secretFile holds the secret of its client */
  setting: (secretFile?: string, seconds?: number) => IssuerSetting;
  close: () => Promise<void>;
};

export type OidcIssuerOptions = {
  /** Where it answers; a free port of loopback when absent. */
  port?: number;
  url?: string;
  audience?: string;
  tokenSeconds?: number;
  /** Of the API's client. */
  secret?: string;
};

let made = 0;

const newKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: `key-${++made}`, alg: 'ES256', use: 'sig' };
};

const shared = ({ d: _, ...key }: JWK): JWK => key;

type Provider = ReturnType<typeof createProvider>;

/** Signs in whoever is next, and grants what is asked for: what a person does with a form. */
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
  const fresh = () => new provider.Grant({ accountId: session?.accountId ?? '', clientId: params.client_id as string });
  const grant = (grantId ? await provider.Grant.find(grantId) : undefined) ?? fresh();
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
  headers.authorization === `Basic ${Buffer.from(`${apiClient.id}:${secret}`).toString('base64')}`;

/**
 * RFC 7662 for the JWTs, of which the provider itself says nothing: active while what the person granted holds.
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
  const active = await jwtVerify(token, createLocalJWKSet({ keys: keys.map(shared) }))
    .then(({ payload }) => provider.Grant.find(String(payload.grant)))
    .then(Boolean, () => false);
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ active }));
};

const listen = async (server: ReturnType<typeof createServer>, port: number | undefined): Promise<number> => {
  await new Promise<void>((resolve) =>
    port === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(port, resolve),
  );
  return (server.address() as AddressInfo).port;
};

/** oidc-provider on a port: people, a public client for the command line, and one for the API. */
export const startOidcIssuer = async (options: OidcIssuerOptions = {}): Promise<OidcIssuer> => {
  const { audience = 'builds-api', tokenSeconds = 300, secret = apiClient.secret } = options;
  const people = new Map<string, Person>();
  const state = { mode: 'well' as Mode, person: '', keys: [await newKey()] };
  const requests: string[] = [];
  let provider: Provider;
  const listener: RequestListener = (req, res) => {
    requests.push(`${req.method} ${req.url}`);
    if (state.mode === 'slow') return;
    if (state.mode === 'broken') return void res.writeHead(500).end('broken on purpose');
    if (req.url === '/introspect') return void introspect(provider, { keys: state.keys, secret }, req, res);
    if (req.url?.startsWith('/interaction/')) return void interact(provider, state.person, req, res);
    provider.callback()(req, res);
  };
  const server = createServer(listener);
  const port = await listen(server, options.port);
  const url = options.url ?? `http://127.0.0.1:${port}`;
  const adapter = createAdapters();
  const make = (): Provider => createProvider({ url, audience, people, keys: state.keys, tokenSeconds, adapter });
  provider = make();
  return {
    url,
    people,
    requests,
    signIn: (person) => Object.assign(state, { person }),
    mode: (mode) => Object.assign(state, { mode }),
    rotate: async () => {
      state.keys = [await newKey(), ...state.keys].slice(0, 2);
      provider = make();
    },
    setting: (secretFile, seconds) => ({
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
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
