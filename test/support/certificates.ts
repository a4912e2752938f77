// The import of reflect-metadata comes first, because @peculiar/x509 needs it.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 24 * 60 * 60 * 1000;

export type CertificateOptions = {
  /** Host of the certificate. Default: localhost. */
  host?: string;
  /** First and last day of the certificate, in days from today. Default: from yesterday to tomorrow. */
  days?: readonly [first: number, last: number];
};

/** Makes a certificate that signs itself, with its key. Both are in PEM. */
export const selfSigned = async ({ host = 'localhost', days: [first, last] = [-1, 1] }: CertificateOptions = {}) => {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(16).toString('hex'),
    name: `CN=${host}`,
    notBefore: new Date(Date.now() + first * dayMs),
    notAfter: new Date(Date.now() + last * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, cert: certificate.toString('pem') };
};

/** Starts an HTTPS server whose certificate signs itself. @returns its address, with the host localhost */
export const startSecureServer = async (listener: RequestListener, options: CertificateOptions = {}) => {
  const identity = await selfSigned(options);
  const server = createServer(identity, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate: identity.cert,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
