import { readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
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

/** Files of a folder that may hold certificates: those that users and c_rehash make. */
const certificateName = /\.(?:pem|crt|cer|\d+)$/i;

/** Returns the certificates in the files of a folder, each once: c_rehash makes a second name for each file. */
const readFolder = async (folder: string): Promise<string[]> => {
  const names = (await readdir(folder)).filter((name) => certificateName.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => '')));
  return [...new Set(texts)].filter((text) => text.includes('BEGIN CERTIFICATE'));
};

/** Reads certificates from a file, or from all files of a folder. */
const readAuthorities = async (variable: string, path: string): Promise<string[]> => {
  try {
    return await readFile(path, 'utf8').then(
      (text) => [text],
      (error: NodeJS.ErrnoException) => (error.code === 'EISDIR' ? readFolder(path) : Promise.reject(error)),
    );
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure(exitCodes.usage, `${variable} names ${path}, which can't be read (${code}).`, { cause });
  }
};

const defaultAuthorities = async (): Promise<string[]> => {
  for (const path of systemBundles) {
    const bundle = await readFile(path, 'utf8').catch(() => undefined);
    if (bundle) return [bundle];
  }
  const { rootCertificates } = await import('node:tls');
  return [...rootCertificates];
};

/**
 * Returns the certificate authorities that programs on this machine trust. SSL_CERT_FILE and SSL_CERT_DIR count as for
 * programs that use OpenSSL.
 */
const systemAuthorities = async ({ SSL_CERT_FILE, SSL_CERT_DIR }: Environment): Promise<string[]> => {
  const file = SSL_CERT_FILE ? await readAuthorities('SSL_CERT_FILE', SSL_CERT_FILE) : await defaultAuthorities();
  const folders = SSL_CERT_DIR?.split(delimiter).filter((path) => path !== '') ?? [];
  return [...file, ...(await Promise.all(folders.map((path) => readAuthorities('SSL_CERT_DIR', path)))).flat()];
};

/**
 * Returns the certificate authorities that a server's certificate is verified against, as PEM: the file or folder of
 * REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, by default the system's authorities and the authorities of NODE_EXTRA_CA_CERTS.
 * @param kubeconfigCa PEM of the authority of a kubeconfig that is for the server, which is trusted too
 * @throws Failure when a variable names a file or folder that can't be read
 */
export const trustedAuthorities = async (env: Environment, kubeconfigCa: string | undefined): Promise<string[]> => {
  const own = kubeconfigCa ? [kubeconfigCa] : [];
  for (const variable of ['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE']) {
    const path = env[variable];
    if (path) return [...own, ...(await readAuthorities(variable, path))];
  }
  const extra = env.NODE_EXTRA_CA_CERTS ? await readAuthorities('NODE_EXTRA_CA_CERTS', env.NODE_EXTRA_CA_CERTS) : [];
  return [...own, ...extra, ...(await systemAuthorities(env))];
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
