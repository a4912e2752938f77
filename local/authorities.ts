import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** Environment variables with the path of a file with certificate authorities. Node itself reads NODE_EXTRA_CA_CERTS. */
const variables = ['GIT_SSL_CAINFO', 'SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'];

const certificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Lets this process trust the certificate authorities that git and other programs of the machine trust, so that a
 * function can resolve a ref wherever the step clone can fetch it.
 * @throws Error that names the variable with a file that can't be read
 */
export const trustAuthorities = async (machine: NodeJS.ProcessEnv): Promise<void> => {
  const trusted = new Set(getCACertificates('default'));
  for (const variable of variables) {
    const path = machine[variable];
    if (!path) continue;
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Error(`${variable} names ${path}, which can't be read (${error.code}).`);
    });
    for (const [found] of text.matchAll(certificate)) trusted.add(found);
  }
  setDefaultCACertificates([...trusted]);
};
