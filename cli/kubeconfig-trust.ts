import { type Fields, textAt } from '../lib/json-values.ts';
import { inlineData } from '../lib/kube/kubeconfig-file.ts';
import type { Gateway } from './config-files.ts';
import { exitCodes, Failure } from './failure.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { isSameOrigin } from './origin.ts';
import { readOwnedFile } from './owned-file.ts';
import { requireToken } from './token-text.ts';

/**
 * The relation between a kubeconfig and the API at an address.
 *
 * - `same-server`: the kubeconfig was written for this address.
 * - `same-deployment`: a configuration file names the gateway at this address together with the kubeconfig's cluster.
 * - `machine`: the machine's administrator names the gateway at this address, and no cluster.
 * - `unrelated`: anything else. Then nothing of the kubeconfig counts.
 */
type Relation = 'same-server' | 'same-deployment' | 'machine' | 'unrelated';

/**
 * The source of the credential of requests to the API. `elsewhere` is a sign-in, or a token of TOOLFORGE_TOKEN or
 * TOOLFORGE_TOKEN_COMMAND.
 */
export type CredentialKind = 'elsewhere' | 'kubeconfig-certificate' | 'kubeconfig-token';

/** The part of a kubeconfig that counts for connections to the API. */
export type KubeconfigTrust = {
  relation: Relation;
  /** The client certificate of a kubeconfig's user and its private key, as PEM. */
  certificate: { cert: string; key: string } | undefined;
  token: string | undefined;
  /** The certificate authority of a kubeconfig's cluster, as PEM. */
  ca: string | undefined;
  /** Whether the kubeconfig says insecure-skip-tls-verify for this very server. */
  skipsVerification: boolean;
  /** A warning that every user of the machine can read a credential; undefined when they can't. */
  warning: string | undefined;
};

const noTrust: KubeconfigTrust = {
  relation: 'unrelated',
  certificate: undefined,
  token: undefined,
  ca: undefined,
  skipsVerification: false,
  warning: undefined,
};

/**
 * Returns what a kubeconfig has to do with the API at `base`.
 * @param gateways the API gateways that the configuration files name
 */
const relationOf = (
  { server, foreign }: Pick<Kubeconfig, 'server' | 'foreign'>,
  base: URL,
  gateways: Gateway[],
): Relation => {
  if (!server || foreign) return 'unrelated';
  if (isSameOrigin(server, base)) return 'same-server';
  const here = gateways.filter(({ url }) => isSameOrigin(url, base));
  const named = here.flatMap(({ kubernetes }) => kubernetes ?? []);
  if (named.length > 0) return named.some((url) => isSameOrigin(url, server)) ? 'same-deployment' : 'unrelated';
  return here.some(({ isOfMachine }) => isOfMachine) ? 'machine' : 'unrelated';
};

type Found = { text: string; isPublic: boolean };

/**
 * Reads the file that a key of a kubeconfig names, such as client-key.
 * @throws Failure when the file can't be read, or may be another user's
 */
const referencedFile = async (section: Fields | undefined, key: string): Promise<Found | undefined> => {
  const path = textAt(section, key);
  if (path === undefined) return undefined;
  const file = await readOwnedFile(path).catch(({ cause }: Failure) => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'too large';
    throw new Failure(exitCodes.usage, `The kubeconfig names ${path} as ${key}, which can't be read (${code}).`, {
      cause,
    });
  });
  if (!file) throw new Failure(exitCodes.usage, `The kubeconfig names ${path} as ${key}, which does not exist.`);
  if (!file.foreign) return file;
  throw new Failure(exitCodes.usage, `The kubeconfig names ${path} as ${key}, which ${file.foreign}.`, {
    hint: `Make the file your own, and let only its owner write it: chmod 600 '${path}'`,
  });
};

/**
 * Returns the PEM text that a kubeconfig holds under `<key>-data`, or the text of the file that the kubeconfig names
 * under `<key>`.
 */
const pemOf = async (
  { isPublic }: Kubeconfig,
  section: Fields | undefined,
  key: string,
): Promise<Found | undefined> => {
  const inline = inlineData(section, key);
  return inline ? { text: inline.toString('utf8'), isPublic } : referencedFile(section, key);
};

type Credential = Pick<KubeconfigTrust, 'certificate' | 'token'> & { isPublic: boolean };
const noCredential: Credential = { certificate: undefined, token: undefined, isPublic: false };

const certificateOf = async (kubeconfig: Kubeconfig): Promise<Credential | undefined> => {
  const cert = await pemOf(kubeconfig, kubeconfig.user, 'client-certificate');
  const key = await pemOf(kubeconfig, kubeconfig.user, 'client-key');
  if (!cert || !key) return undefined;
  return { certificate: { cert: cert.text, key: key.text }, token: undefined, isPublic: key.isPublic };
};

const tokenOf = async ({ user, isPublic, path }: Kubeconfig): Promise<Credential | undefined> => {
  const inline = textAt(user, 'token');
  const found = inline === undefined ? await referencedFile(user, 'tokenFile') : { text: inline, isPublic };
  if (!found) return undefined;
  return { certificate: undefined, token: requireToken(found.text, `The token of ${path}`), isPublic: found.isPublic };
};

/**
 * Returns what of a kubeconfig counts for connections to the API at `base`: trust belongs to the server that the
 * kubeconfig was written for.
 * @throws Failure when a file that the kubeconfig names can't be read
 */
export const kubeconfigTrust = async (
  kubeconfig: Kubeconfig | undefined,
  base: URL,
  gateways: Gateway[],
): Promise<KubeconfigTrust> => {
  const relation = kubeconfig ? relationOf(kubeconfig, base, gateways) : 'unrelated';
  if (!kubeconfig || relation === 'unrelated') return noTrust;
  const { cluster, path } = kubeconfig;
  // A certificate proves who the user is without being given away. A token is given away, so it is sent only to a server
  // of which a file says that it belongs to the token's cluster.
  const token = relation === 'machine' ? async () => undefined : tokenOf;
  const credential = (await certificateOf(kubeconfig)) ?? (await token(kubeconfig)) ?? noCredential;
  return {
    relation,
    certificate: credential.certificate,
    token: credential.token,
    ca: (await pemOf(kubeconfig, cluster, 'certificate-authority'))?.text,
    skipsVerification: relation === 'same-server' && cluster?.['insecure-skip-tls-verify'] === true,
    warning: credential.isPublic
      ? `Every user of this machine can read your credential in ${path} or the file it names.`
      : undefined,
  };
};

/**
 * Returns the certificate authority that a kubeconfig gives for connections on which a token from elsewhere is sent.
 * A kubeconfig may be of another cluster if only the administrator names the gateway. Its authority then counts only
 * together with its own client certificate.
 */
export const authorityForTokens = ({ relation, ca }: KubeconfigTrust): string | undefined =>
  relation === 'machine' ? undefined : ca;
