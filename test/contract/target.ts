import { readFile } from 'node:fs/promises';
import { calculateJwkThumbprint, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { apiAudience } from '../../local/issuer.ts';
import type { Platform } from '../../local/platform.ts';

/**
 * The service that the suite tests: an embedded platform, or with CONTRACT_TARGET=cluster the service deployed there.
 */
export type Target = {
  url: string;
  /** URL of the API gateway, which takes client certificates. */
  gatewayUrl: string;
  /** The embedded platform. Undefined on a cluster. */
  platform: Platform | undefined;
  /** Path of a kubeconfig for the Kubernetes API that the functions use. */
  kubeconfig: string;
  /** Namespace of the builds. */
  namespace: string;
  /** Returns the path of a kubeconfig with a tool's client certificate. */
  toolKubeconfig(tool: string): Promise<string>;
  /** Signs a token. `claims` replace those of a valid token. `lifetime` has the form of jose, such as `1h` or `-5m`. */
  token(claims: JWTPayload, lifetime?: string): Promise<string>;
  tokenFor(tool: string): Promise<string>;
  /** Removes the tool's builds, and sets the limits that these tests expect. */
  clear(tool: string): Promise<void>;
  /** Status and code for a request without a credential. The gateway and the functions respond differently. */
  withoutCredential: readonly [status: number, code: string];
  /** Makes a repository of one commit and returns its URL. A file whose text begins with `#!` gets mode 755. */
  repository(name: string, files: Record<string, string>): Promise<string>;
  /** Runs git in a repository that `repository` made, for tests that need more than one commit. Returns its output. */
  git(name: string, ...words: string[]): Promise<string>;
  gitUrl(name: string): string;
  /** Lines that the functions logged, parsed. Empty on a cluster. */
  logged: Record<string, unknown>[];
  close(): Promise<void>;
};

/** Returns a function that signs tokens with an issuer's private key. */
export const signer = async (issuer: string, keyFile: string): Promise<Target['token']> => {
  const secret = JSON.parse(await readFile(keyFile, 'utf8')) as JWK;
  const [key, kid] = [await importJWK(secret, 'ES256'), await calculateJwkThumbprint(secret)];
  return (claims, lifetime = '1h') =>
    new SignJWT({ iss: issuer, aud: apiAudience, sub: 'contract-test', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(key);
};

/** Returns the claims of a maintainer of the tool. */
export const groups = (tool: string) => ({ groups: [`tools.${tool}`] });
