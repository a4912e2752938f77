import { readFile } from 'node:fs/promises';
import type { Environment } from './environment.ts';
import { exitCodes, Failure } from './failure.ts';
import { authorityForTokens, type CredentialKind, type KubeconfigTrust } from './kubeconfig-trust.ts';

/** Options of an https connection: how the server's certificate is verified, and the client certificate to send. */
export type Tls = {
  /** Certificates of the trusted certificate authorities, as PEM. */
  ca: string[];
  /** False skips the verification of the server's certificate, like insecure-skip-tls-verify in a kubeconfig. */
  verify: boolean;
  certificate: { cert: string; key: string } | undefined;
};

/**
 * Files in which Linux distributions keep the certificate authorities that the system trusts. The first file that
 * exists is used.
 */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const systemAuthorities = async (): Promise<string[]> => {
  for (const path of systemBundles) {
    const bundle = await readFile(path, 'utf8').catch(() => undefined);
    if (bundle) return [bundle];
  }
  const { rootCertificates } = await import('node:tls');
  return [...rootCertificates];
};

const readBundle = (variable: string, path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(exitCodes.usage, `${variable} names ${path}, which can't be read (${cause.code}).`, { cause });
  });

/**
 * Returns the certificate authorities that a server's certificate is verified against, as PEM: the file of
 * REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, by default the system's authorities and the authorities of NODE_EXTRA_CA_CERTS.
 * @param kubeconfigCa PEM of the authority of a kubeconfig that is for the server, which is trusted too
 * @throws Failure when a variable names a file that can't be read
 */
export const trustedAuthorities = async (env: Environment, kubeconfigCa: string | undefined): Promise<string[]> => {
  const own = kubeconfigCa ? [kubeconfigCa] : [];
  if (env.REQUESTS_CA_BUNDLE) return [...own, await readBundle('REQUESTS_CA_BUNDLE', env.REQUESTS_CA_BUNDLE)];
  if (env.CURL_CA_BUNDLE) return [...own, await readBundle('CURL_CA_BUNDLE', env.CURL_CA_BUNDLE)];
  const extra = env.NODE_EXTRA_CA_CERTS ? [await readBundle('NODE_EXTRA_CA_CERTS', env.NODE_EXTRA_CA_CERTS)] : [];
  return [...own, ...extra, ...(await systemAuthorities())];
};

/**
 * Returns the TLS options of connections to the API. Security: insecure-skip-tls-verify of a kubeconfig is a decision
 * about the credential of that kubeconfig, so it never applies to a token from elsewhere.
 * @throws Failure when a variable names a file that can't be read
 */
export const apiTls = async (env: Environment, trust: KubeconfigTrust, kind: CredentialKind): Promise<Tls> => {
  const verify = kind === 'elsewhere' || !trust.skipsVerification;
  const authority = kind === 'kubeconfig-certificate' ? trust.ca : authorityForTokens(trust);
  return {
    verify,
    ca: verify ? await trustedAuthorities(env, authority) : [],
    certificate: kind === 'kubeconfig-certificate' ? trust.certificate : undefined,
  };
};
