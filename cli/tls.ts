import { readFile } from 'node:fs/promises';
import type { Environment } from './environment.ts';
import { exitCodes, Failure } from './failure.ts';
import type { Kubeconfig } from './kubeconfig.ts';

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
 * @param kubeconfigCa PEM of the kubeconfig's authority, which is always trusted
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
 * Returns the TLS options of connections to the API.
 * @param useCertificate whether to send the kubeconfig's client certificate
 * @throws Failure when a variable names a file that can't be read
 */
export const apiTls = async (
  env: Environment,
  kubeconfig: Kubeconfig | undefined,
  useCertificate: boolean,
): Promise<Tls> => {
  const verify = kubeconfig?.skipTlsVerify !== true;
  return {
    verify,
    ca: verify ? await trustedAuthorities(env, kubeconfig?.ca) : [],
    certificate: useCertificate ? kubeconfig?.certificate : undefined,
  };
};
