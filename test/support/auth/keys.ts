import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose';

/** Makes a private key that signs tokens, as the JWK that an issuer stores. */
export const newPrivateKey = async (): Promise<JWK> =>
  exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);

export const publicKeyOf = (key: CryptoKey): Promise<JWK> => exportJWK(key);

/** Returns the set of public keys that an issuer with one private key publishes. */
export const published = ({ d: _, ...key }: JWK, kid: string): { keys: JWK[] } => ({
  keys: [{ ...key, kid, alg: 'ES256', use: 'sig' }],
});
