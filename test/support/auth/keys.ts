import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';

/** A private key as an issuer keeps it. */
export const newPrivateKey = async (): Promise<JWK> =>
  exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);

export const publicKeyOf = (key: CryptoKey): Promise<JWK> => exportJWK(key);

/** What an issuer publishes of it. */
export const published = ({ d: _, ...key }: JWK, kid: string): { keys: JWK[] } => ({
  keys: [{ ...key, kid, alg: 'ES256', use: 'sig' }],
});
