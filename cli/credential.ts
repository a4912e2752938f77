import { exitCodes, Failure } from './failure.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { authorityForTokens, type CredentialKind, type KubeconfigTrust } from './kubeconfig-trust.ts';
import { canonicalOrigin } from './origin.ts';
import { openSession, type SessionToken } from './session/session-token.ts';
import type { Sources } from './sources.ts';
import { requireToken } from './token-text.ts';

/** The credential that requests to the API carry. */
export type Credential = {
  kind: CredentialKind;
  /** Token from TOOLFORGE_TOKEN or the kubeconfig; undefined when the user has another credential. */
  token: string | undefined;
  /**
   * Returns the token of a sign-in or of TOOLFORGE_TOKEN_COMMAND, renewed before it expires; undefined when the user
   * has another credential.
   */
  session: SessionToken | undefined;
};

/** The API at an address, and what the kubeconfig gives for connections to the API. */
export type ApiTrust = { base: URL; kubeconfig: Kubeconfig | undefined; trust: KubeconfigTrust };

const sessionFor = async (
  { env, home, mayTakeLong = true }: Sources,
  { base, trust }: ApiTrust,
): Promise<SessionToken | undefined> => {
  const command = env.TOOLFORGE_TOKEN_COMMAND;
  if (!command) return openSession(env, home, base, { authority: authorityForTokens(trust), mayRenew: mayTakeLong });
  if (!mayTakeLong) throw new Failure(exitCodes.notAllowed, 'TOOLFORGE_TOKEN_COMMAND is not run here.');
  return (await import('./session/token-command.ts')).commandToken(command, env);
};

/** Describes why a kubeconfig gives no credential for the API at `base`, as the end of a sentence about its path. */
const unusedReason = (
  { foreign, server, user }: Kubeconfig,
  { relation, certificate }: KubeconfigTrust,
  base: URL,
): string => {
  if (foreign) return `${foreign}, so it is not used`;
  if (!server) return 'names no server';
  if (relation === 'unrelated') return `is for ${canonicalOrigin(server)}, not for ${base.origin}`;
  if (certificate) return 'holds a client certificate, which needs an https address';
  const plugin = ['exec', 'auth-provider'].find((key) => user?.[key] !== undefined);
  if (plugin) return `gets its credential from a plugin (${plugin}), which toolforge-build does not run`;
  if (relation === 'machine')
    return `holds no client certificate, and its token is only for ${canonicalOrigin(server)}`;
  return 'holds neither certificate nor token';
};

/** Tells how to use a kubeconfig for the API of the same deployment; undefined when the kubeconfig is usable or useless. */
const relationHint = (kubeconfig: Kubeconfig | undefined, { relation }: KubeconfigTrust, base: URL): string => {
  const { server, foreign } = kubeconfig ?? {};
  if (!server || foreign || !['unrelated', 'machine'].includes(relation)) return '';
  const section = `api_gateway: {url: "${base.origin}", kubernetes_url: "${canonicalOrigin(server)}"}`;
  return ` If the kubeconfig belongs to this API, put \`${section}\` into ~/.toolforge.yaml.`;
};

const noCredential = ({ kubeconfig, trust, base }: ApiTrust): Failure => {
  const reason = kubeconfig ? `${kubeconfig.path} ${unusedReason(kubeconfig, trust, base)}` : 'there is no kubeconfig';
  const signIn = 'Sign in with `toolforge-build login`, run this as a tool (`become TOOL`), or set TOOLFORGE_TOKEN.';
  return new Failure(exitCodes.notAllowed, `There is no credential: you are not signed in, and ${reason}.`, {
    hint: signIn + relationHint(kubeconfig, trust, base),
  });
};

/**
 * Returns the first credential that the user has: TOOLFORGE_TOKEN, TOOLFORGE_TOKEN_COMMAND, a sign-in to the API, and of
 * a kubeconfig that is for the API the client certificate or the token.
 * @throws Failure when there is no credential, or TOOLFORGE_TOKEN is not a token
 */
export const credentialFor = async (sources: Sources, api: ApiTrust): Promise<Credential> => {
  const none = { token: undefined, session: undefined };
  const ownToken = sources.env.TOOLFORGE_TOKEN?.trim();
  if (ownToken) return { ...none, kind: 'elsewhere', token: requireToken(ownToken, 'TOOLFORGE_TOKEN') };
  const session = await sessionFor(sources, api);
  if (session) return { ...none, kind: 'elsewhere', session };
  const { certificate, token } = api.trust;
  if (certificate && api.base.protocol === 'https:') return { ...none, kind: 'kubeconfig-certificate' };
  if (!token) throw noCredential(api);
  return { ...none, kind: 'kubeconfig-token', token };
};
