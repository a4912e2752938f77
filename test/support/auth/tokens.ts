import { createHmac } from 'node:crypto';
import { type CryptoKey, exportSPKI, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { newPrivateKey, publicKeyOf } from './keys.ts';

/** Defects of a token. The service must refuse a token with any of these defects with 401 `token_invalid`. */
export const defects = [
  'expired',
  'not yet valid',
  'without expiry',
  'without subject',
  'for another audience',
  'of an unknown issuer',
  'in the name of another issuer',
  'alg none',
  'HS256 with the public key',
  'kid of no key',
  'kid pointing elsewhere',
  'key in its own header',
  'signed by another key',
  'stripped of its signature',
  'changed after signing',
  'no token at all',
] as const;

export type Defect = (typeof defects)[number];

/**
 * Functions that make the tokens of one issuer. `defective` returns undefined for a defect that a test can't make for
 * this issuer.
 */
export type Tokens = {
  /** Returns a valid token. @param tool undefined for a token of a caller without a tool */
  valid: (tool: string | undefined) => Promise<string>;
  defective: (defect: Defect, tool: string) => Promise<string | undefined>;
};

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part = ''): JWTPayload => JSON.parse(Buffer.from(part, 'base64url').toString()) as JWTPayload;
const seconds = (): number => Math.floor(Date.now() / 1000);

/**
 * Makes a valid token defective without the issuer's private key. Returns undefined for a defect that needs the private
 * key.
 * @param jwk the issuer's public key
 */
export const tamper = async (defect: Defect, token: string, jwk: JWK): Promise<string | undefined> => {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const withHeader = (more: object): string => encoded({ ...decoded(header), ...more });
  /** Signs the claims of the valid token with a new key that its issuer does not have. */
  const signWithOtherKey = async (more: object): Promise<string> => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const own = { jwk: await publicKeyOf(publicKey), alg: 'ES256', kid: decoded(header).kid as string };
    const { jwk: key, ...rest } = own;
    const all = { ...rest, ...('jwk' in more ? { ...more, jwk: key } : more) };
    return new SignJWT(decoded(payload)).setProtectedHeader(all).sign(privateKey);
  };
  const hmac = async (): Promise<string> => {
    const key = (await importJWK(jwk, jwk.alg ?? 'ES256', { extractable: true })) as CryptoKey;
    const input = `${withHeader({ alg: 'HS256' })}.${payload}`;
    return `${input}.${createHmac('sha256', await exportSPKI(key))
      .update(input)
      .digest('base64url')}`;
  };
  const tampered: Partial<Record<Defect, () => Promise<string> | string>> = {
    'alg none': () => `${encoded({ alg: 'none', typ: 'JWT' })}.${payload}.`,
    'HS256 with the public key': hmac,
    'kid of no key': () => signWithOtherKey({ kid: 'no-such-key' }),
    'kid pointing elsewhere': () =>
      signWithOtherKey({ kid: '../../../../dev/null', jku: 'http://127.0.0.1:9/jwks', x5u: 'http://127.0.0.1:9/x5u' }),
    'key in its own header': () => signWithOtherKey({ jwk: {} }),
    'signed by another key': () => signWithOtherKey({}),
    'stripped of its signature': () => `${header}.${payload}.`,
    'changed after signing': () => `${header}.${encoded({ ...decoded(payload), exp: seconds() + 1e6 })}.${signature}`,
    'no token at all': () => 'this.is.not-a-token',
  };
  return tampered[defect]?.();
};

export type SignerOptions = {
  issuer: string;
  audience: string;
  /**
   * URL of another trusted issuer, for a defective token that claims to come from it. The API must refuse that token,
   * because the other issuer has other keys or rules.
   */
  otherIssuer: string;
  key: JWK;
  kid: string;
  /** Returns the token claims that give access to a tool. */
  claims: (tool: string | undefined) => JWTPayload;
};

const without = (payload: JWTPayload, name: string): JWTPayload =>
  Object.fromEntries(Object.entries(payload).filter(([claim]) => claim !== name));

/** Returns functions that make tokens of an issuer whose private key the test has. */
export const signedTokens = ({ issuer, audience, otherIssuer, key, kid, claims }: SignerOptions): Tokens => {
  const sign = async (payload: JWTPayload): Promise<string> =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid }).sign(await importJWK(key, 'ES256'));
  const payloadFor = (tool: string | undefined): JWTPayload => ({
    iss: issuer,
    aud: audience,
    sub: 'matrix',
    iat: seconds(),
    exp: seconds() + 600,
    ...claims(tool),
  });
  const { d: _, ...shared } = key;
  const changed: Partial<Record<Defect, (valid: JWTPayload) => JWTPayload>> = {
    expired: (valid) => ({ ...valid, iat: seconds() - 700, exp: seconds() - 60 }),
    'not yet valid': (valid) => ({ ...valid, nbf: seconds() + 300 }),
    'without expiry': (valid) => without(valid, 'exp'),
    'without subject': (valid) => without(valid, 'sub'),
    'for another audience': (valid) => ({ ...valid, aud: 'other-api' }),
    'of an unknown issuer': (valid) => ({ ...valid, iss: 'https://evil.example.org' }),
    'in the name of another issuer': (valid) => ({ ...valid, iss: otherIssuer }),
  };
  return {
    valid: (tool) => sign(payloadFor(tool)),
    defective: async (defect, tool) => {
      const change = changed[defect];
      if (change) return sign(change(payloadFor(tool)));
      return tamper(defect, await sign(payloadFor(tool)), { ...shared, alg: 'ES256' });
    },
  };
};

/** Returns a signed token of an issuer that nobody trusts, for tests of how tokens are written. */
export const newToken = async (): Promise<string> =>
  signedTokens({
    issuer: 'https://id.example.org',
    audience: 'builds-api',
    otherIssuer: 'https://other.example.org',
    key: await newPrivateKey(),
    kid: 'one',
    claims: () => ({}),
  }).valid('mine');
