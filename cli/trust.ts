import { readFile } from 'node:fs/promises';
import { EXIT, Failure } from './failure.ts';

type Environment = Record<string, string | undefined>;

/** Where distributions keep the authorities that the system trusts; the first that exists. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

async function systemAuthorities(): Promise<string[]> {
  for (const path of SYSTEM_BUNDLES) {
    const bundle = await readFile(path, 'utf8').catch(() => undefined);
    if (bundle) return [bundle];
  }
  const { rootCertificates } = await import('node:tls');
  return [...rootCertificates];
}

async function named(variable: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(EXIT.usage, `${variable} names ${path}, which can't be read (${cause.code}).`, { cause });
  });
}

/**
 * PEM of the authorities a server's certificate is verified against: what REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names,
 * else what the system trusts and NODE_EXTRA_CA_CERTS names; the kubeconfig's own authority always.
 */
export async function authorities(env: Environment, kubeconfigCa: string | undefined): Promise<string[]> {
  const own = kubeconfigCa ? [kubeconfigCa] : [];
  if (env.REQUESTS_CA_BUNDLE) return [...own, await named('REQUESTS_CA_BUNDLE', env.REQUESTS_CA_BUNDLE)];
  if (env.CURL_CA_BUNDLE) return [...own, await named('CURL_CA_BUNDLE', env.CURL_CA_BUNDLE)];
  const extra = env.NODE_EXTRA_CA_CERTS ? [await named('NODE_EXTRA_CA_CERTS', env.NODE_EXTRA_CA_CERTS)] : [];
  return [...own, ...extra, ...(await systemAuthorities())];
}
