import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import type { TrustedIssuer as IssuerSetting } from '../lib/auth/trusted-issuers.ts';
import { readOrMake } from './folder.ts';

const algorithm = 'ES256';

export type LocalIssuer = {
  url: string;
  /** The public key, as an issuer publishes it. */
  jwks: { keys: JWK[] };
  sign(claims: Record<string, unknown>, subject: string, audience: string, lifetime: string): Promise<string>;
};

const newKey = async (): Promise<string> => {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
};

/** An issuer of one key, which stays the same across restarts. @param url its name and where it answers */
export const openIssuer = async (keyPath: string, url: string): Promise<LocalIssuer> => {
  const secret = JSON.parse(await readOrMake(keyPath, newKey)) as JWK;
  const { d: _, ...shared } = secret;
  const key = await importJWK(secret, algorithm);
  // Another key has another id: who knows an issuer's keys by id asks for new ones only when he meets an unknown one.
  const keyId = await calculateJwkThumbprint(shared);
  return {
    url,
    jwks: { keys: [{ ...shared, kid: keyId, alg: algorithm, use: 'sig' }] },
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

/** How the functions are told to believe this issuer. */
export const issuerSetting = (url: string, audience: string): IssuerSetting => ({
  issuer: url,
  audience,
  jwksUri: `${url}/jwks`,
  claim: 'groups',
  prefix: 'tools.',
});

/** A token for a maintainer of one tool. */
export const toolToken = (issuer: LocalIssuer, tool: string, lifetime = '12h'): Promise<string> =>
  issuer.sign({ groups: [`tools.${tool}`] }, `maintainer-of-${tool}`, apiAudience, lifetime);
