import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { TrustedIssuer as IssuerSetting } from '../lib/auth/trusted-issuers.ts';
import { readOrMake } from './folder.ts';

const algorithm = 'ES256';

export type LocalIssuer = {
  url: string;
  /** The issuer's public key as a JSON Web Key Set. */
  jwks: { keys: JWK[] };
  /** The issuer's private key, with its id. */
  key: JWK;
  sign(claims: Record<string, unknown>, subject: string, audience: string, lifetime: string): Promise<string>;
};

const newKey = async (): Promise<string> => {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
};

/**
 * Opens an issuer of tokens with one key, which stays the same across restarts.
 * @param url name and address of the issuer
 */
export const openIssuer = async (keyPath: string, url: string): Promise<LocalIssuer> => {
  const secret = JSON.parse(await readOrMake(keyPath, newKey)) as JWK;
  const { d: _, ...shared } = secret;
  const key = await importJWK(secret, algorithm);
  // The id of the issuer's key is the key's thumbprint, so another key has another id. Clients that have cached the
  // issuer's keys fetch them again only for an unknown id.
  const keyId = await calculateJwkThumbprint(shared);
  const about = { kid: keyId, alg: algorithm, use: 'sig' };
  return {
    url,
    jwks: { keys: [{ ...shared, ...about }] },
    key: { ...secret, ...about },
    sign: (claims, subject, audience, lifetime) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: keyId })
        .setIssuer(url)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(lifetime)
        .sign(key),
  };
};

export const apiAudience = 'builds-api';

/**
 * Returns the entry of the setting AUTH_ISSUERS with which the functions trust the embedded platform's issuer. The command
 * line and the page sign in there (local/sign-in).
 */
export const issuerSetting = (url: string, audience: string): IssuerSetting => ({
  issuer: url,
  audience,
  jwksUri: `${url}/jwks`,
  claim: 'groups',
  prefix: 'tools.',
  client: { id: 'toolforge-build' },
  pageClient: { id: 'builds-page' },
});

/** Signs a token for a maintainer of one tool. Default lifetime: 12 hours. */
export const toolToken = (issuer: LocalIssuer, tool: string, lifetime = '12h'): Promise<string> =>
  issuer.sign({ groups: [`tools.${tool}`] }, `maintainer-of-${tool}`, apiAudience, lifetime);
