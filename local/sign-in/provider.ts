import { randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';
import { createAdapters } from './adapter.ts';
import { escapeHtml, signInDocument } from './consent-page.ts';

/** OAuth clients of the local sign-in, with the names that its form shows. */
export const clients = {
  'toolforge-build': 'The command line toolforge-build',
  'builds-page': 'The web page',
} as const;

/** Identifier of the API for which clients request tokens: the default of AUTH_RESOURCE. */
export const resource = 'urn:toolforge:builds';

export const apiScopes = 'read build admin';

/** The only account. Tools belong to a sign-in and not to the account, since each sign-in may choose others. */
export const account = 'maintainer-on-this-machine';

export type ProviderOptions = {
  /** URL of the issuer. */
  url: string;
  /** URL of the web page, without a slash at its end. */
  pageUrl: string;
  audience: string;
  /** The private key that signs tokens. */
  key: JWK;
  /** Tools of each sign-in, by the id of its grant. */
  tools: Map<string, readonly string[]>;
};

type Context = { body: unknown; set: (headers: Record<string, string>) => void };

const show = (context: Context, content: string): void => {
  const { headers, body } = signInDocument(content);
  context.set(headers);
  context.body = body;
};

const deviceFlow = {
  enabled: true,
  userCodeInputSource: async (context: Context, form: string) =>
    show(
      context,
      `<p>Type the code that toolforge-build shows.</p>${form}<button type="submit" form="op.deviceInputForm">Go on</button>`,
    ),
  userCodeConfirmSource: async (context: Context, form: string, _client: unknown, _device: unknown, code: string) =>
    show(
      context,
      `<p>Does toolforge-build show the code ${escapeHtml(code)}?</p>${form}<button type="submit" form="op.deviceConfirmForm">Yes, go on</button>`,
    ),
  successSource: async (context: Context) => show(context, '<p>You are signed in. Go back to your terminal.</p>'),
};

const features = ({ audience }: ProviderOptions) => ({
  devInteractions: { enabled: false },
  deviceFlow,
  revocation: {
    enabled: true,
    allowedPolicy: (_: unknown, client: { clientId: string }, token: { clientId?: string }) =>
      token.clientId === client.clientId,
  },
  rpInitiatedLogout: { enabled: false },
  resourceIndicators: {
    enabled: true,
    useGrantedResource: () => true,
    getResourceServerInfo: (_: unknown, indicator: string) => {
      if (indicator !== resource) throw new Error(`there is no resource ${indicator}`);
      return {
        audience,
        scope: apiScopes,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 600,
        jwt: { sign: { alg: 'ES256' } },
      };
    },
  },
});

const common = { token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256', response_types: ['code'] };

const clientsOf = (pageUrl: string) => [
  {
    ...common,
    client_id: 'toolforge-build',
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  },
  {
    ...common,
    client_id: 'builds-page',
    redirect_uris: [`${pageUrl}/session/callback`],
    grant_types: ['authorization_code', 'refresh_token'],
  },
];

const showError = async (context: Context, out: { error: string; error_description?: string }): Promise<void> =>
  show(context, `<p class="error">${escapeHtml(out.error_description ?? out.error)}</p><p>Begin to sign in again.</p>`);

/** Makes the OpenID Connect issuer of the embedded platform, with its data in memory. */
export const createProvider = (options: ProviderOptions): Provider =>
  new Provider(options.url, {
    adapter: createAdapters(),
    jwks: { keys: [options.key] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    clients: clientsOf(options.pageUrl),
    scopes: ['openid', 'offline_access'],
    features: features(options),
    findAccount: () => ({ accountId: account, claims: async () => ({ sub: account }) }),
    extraTokenClaims: (_: unknown, token: { grantId?: string }) => ({
      groups: (options.tools.get(token.grantId ?? '') ?? []).map((tool) => `tools.${tool}`),
    }),
    issueRefreshToken: async (_: unknown, client: { grantTypeAllowed: (type: string) => boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/issuer/interaction/${uid}` },
    revokeGrantPolicy: () => true,
    renderError: showError,
    ttl: {
      ...{ AccessToken: 600, IdToken: 600, DeviceCode: 600, Interaction: 600 },
      ...{ RefreshToken: 43_200, Session: 43_200, Grant: 43_200 },
    },
  } as unknown as Configuration);
