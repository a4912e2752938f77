import type { JWK } from 'jose';
import Provider, { type Adapter, type Configuration } from 'oidc-provider';

export const cliClient = 'toolforge-build';
export const apiClient = { id: 'builds-api', secret: 'of-the-api' };
/** Client of the web page at https://builds.example.org/builds/ui/, with a secret. */
export const pageClient = { id: 'builds-page', secret: 'of-the-page' };
export const resource = 'urn:toolforge:builds';
const apiScopes = 'read build admin';

export type Person = { tools: string[] };

export type ProviderOptions = {
  url: string;
  audience: string;
  people: ReadonlyMap<string, Person>;
  keys: JWK[];
  /** Lifetime of the access tokens of the test issuer, in seconds. */
  tokenSeconds: number;
  adapter: (model: string) => Adapter;
  /** Members that replace those of each response with tokens. The values may be none that an issuer should send. */
  tokenMembers: Readonly<Record<string, unknown>>;
};

/** Sends an HTML form of the issuer without a page around it, because no person sees it. */
const sendForm = async (ctx: { body: unknown }, form: string): Promise<void> => {
  ctx.body = form;
};

const features = ({ audience, tokenSeconds }: ProviderOptions): NonNullable<Configuration['features']> => ({
  devInteractions: { enabled: false },
  deviceFlow: {
    enabled: true,
    userCodeInputSource: sendForm,
    userCodeConfirmSource: sendForm,
    successSource: async (ctx) => {
      ctx.body = 'You are signed in.';
    },
  },
  revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
  introspection: { enabled: true },
  resourceIndicators: {
    enabled: true,
    useGrantedResource: () => true,
    getResourceServerInfo: (_, indicator) => {
      if (indicator !== resource) throw new Error(`there is no resource ${indicator}`);
      return {
        audience,
        scope: apiScopes,
        accessTokenFormat: 'jwt',
        accessTokenTTL: tokenSeconds,
        jwt: { sign: { alg: 'ES256' } },
      };
    },
  },
});

const newProvider = (options: ProviderOptions): Provider =>
  new Provider(options.url, {
    adapter: options.adapter,
    jwks: { keys: options.keys } as NonNullable<Configuration['jwks']>,
    cookies: { keys: ['only for tests'] },
    clients: [
      {
        client_id: cliClient,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      },
      {
        client_id: pageClient.id,
        client_secret: pageClient.secret,
        id_token_signed_response_alg: 'ES256',
        redirect_uris: ['https://builds.example.org/builds/ui/session/callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    scopes: ['openid', 'offline_access'],
    features: features(options),
    formats: {
      customizers: {
        // Each JWT holds the id of its grant, by which the introspection endpoint tells whether the token is still
        // active.
        jwt: (_, token, jwt) => {
          Object.assign(jwt.payload, { grant: (token as { grantId?: string }).grantId });
        },
      },
    },
    findAccount: (_, sub) => (options.people.has(sub) ? { accountId: sub, claims: async () => ({ sub }) } : undefined),
    extraTokenClaims: (_, token) => {
      const { accountId = '' } = token as { accountId?: string };
      return { groups: (options.people.get(accountId)?.tools ?? []).map((tool) => `tools.${tool}`) };
    },
    // The test issuer also gives a refresh token when the client does not request the user's consent (prompt=consent),
    // as most issuers do.
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    revokeGrantPolicy: () => true,
    ttl: {
      AccessToken: options.tokenSeconds,
      IdToken: 600,
      DeviceCode: 600,
      RefreshToken: 86_400,
      Session: 86_400,
      Grant: 86_400,
      Interaction: 600,
    },
  } as Configuration);

/**
 * Makes an OpenID Connect issuer for tests. Its access tokens for the API are JWTs with `tools.<tool>` in the claim
 * `groups`.
 */
export const createProvider = (options: ProviderOptions): Provider => {
  const provider = newProvider(options);
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/token') Object.assign(ctx.body as object, options.tokenMembers);
  });
  return provider;
};
