import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';

/** Makes a private key, in the form in which an issuer stores it. */
export const newPrivateKey = async (): Promise<JWK> =>
  exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);

export const publicKeyOf = (key: CryptoKey): Promise<JWK> => exportJWK(key);

/** Returns the key set that an issuer publishes for its private key. */
export const published = ({ d: _, ...key }: JWK, kid: string): { keys: JWK[] } => ({
  keys: [{ ...key, kid, alg: 'ES256', use: 'sig' }],
});
