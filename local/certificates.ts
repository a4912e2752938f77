// The import of reflect-metadata comes first, because @peculiar/x509 needs it.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { readOrMake } from './folder.ts';

export type KeyAndCertificate = { key: string; certificate: string };
export type Authority = {
  certificate: string;
  issue(subject: string, hosts?: readonly string[]): Promise<KeyAndCertificate>;
};

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const yearMs = 365 * 24 * 60 * 60 * 1000;

cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);

const newPair = () =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
const keyPem = async (pair: webcrypto.CryptoKeyPair): Promise<string> =>
  PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey), 'PRIVATE KEY');

const validity = () => ({
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + 10 * yearMs),
  serialNumber: randomBytes(16).toString('hex'),
});

const newAuthority = async (): Promise<string> => {
  const keys = await newPair();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: 'CN=toolforge-builds local authority',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return JSON.stringify({ key: await keyPem(keys), certificate: certificate.toString('pem') });
};

const importKey = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), algorithm, true, [
    'sign',
  ]) as Promise<webcrypto.CryptoKey>;

const alternativeName = (host: string) =>
  /^[0-9.]+$/.test(host) ? { type: 'ip' as const, value: host } : { type: 'dns' as const, value: host };

/**
 * Opens the certificate authority of the embedded gateway. The authority issues the gateway's certificate and one for
 * each tool.
 */
export const openAuthority = async (path: string): Promise<Authority> => {
  const saved = JSON.parse(await readOrMake(path, newAuthority)) as KeyAndCertificate;
  const parent = new X509Certificate(saved.certificate);
  const signingKey = await importKey(saved.key);
  return {
    certificate: saved.certificate,
    issue: async (subject, hosts = []) => {
      const pair = await newPair();
      const extensions = hosts.length > 0 ? [new SubjectAlternativeNameExtension(hosts.map(alternativeName))] : [];
      const names = { ...validity(), subject, issuer: parent.subject };
      const certificate = await X509CertificateGenerator.create({
        ...names,
        signingKey,
        signingAlgorithm: algorithm,
        publicKey: pair.publicKey,
        extensions,
      });
      return { key: await keyPem(pair), certificate: certificate.toString('pem') };
    },
  };
};
