import { readFile } from 'node:fs/promises';
import { calculateJwkThumbprint, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { apiAudience } from '../../local/issuer.ts';
import type { Platform } from '../../local/platform.ts';

/**
 * The service that the contract tests run against: an embedded platform, or with CONTRACT_TARGET=cluster the service on
 * a cluster.
 */
export type Target = {
  url: string;
  /** URL of the API gateway, which takes client certificates. */
  gatewayUrl: string;
  /** The embedded platform that the tests run against; undefined on a cluster. */
  platform: Platform | undefined;
  /** Path of a kubeconfig for the Kubernetes API that the functions use. */
  kubeconfig: string;
  /** Kubernetes namespace in which builds run. */
  namespace: string;
  /** Returns the path of a kubeconfig with a tool's client certificate. */
  toolKubeconfig(tool: string): Promise<string>;
  /**
   * Returns a signed token. `claims` replace the claims of a valid token. `lifetime` is a time span of the npm package
   * jose, such as `1h` or `-5m`.
   */
  token(claims: JWTPayload, lifetime?: string): Promise<string>;
  tokenFor(tool: string): Promise<string>;
  /**
   * Prepares a tool for a test. On a cluster, removes the builds and images of earlier tests, and sets the limits that
   * the tests expect. Does nothing on the embedded platform, which is new.
   */
  clear(tool: string): Promise<void>;
  /**
   * Status and error code of the response to a request without a credential. On a cluster the gateway refuses the
   * request; on the embedded platform a function does.
   */
  withoutCredential: readonly [status: number, code: string];
  /** Makes a git repository with one commit, and returns its URL. A file whose text begins with `#!` gets mode 755. */
  repository(name: string, files: Record<string, string>): Promise<string>;
  /**
   * Runs git in a repository on the test's git server, for tests that need more than one commit. Returns git's output.
   */
  git(name: string, ...words: string[]): Promise<string>;
  gitUrl(name: string): string;
  /** Log lines of the functions, as parsed JSON. Empty on a cluster, where the tests can't read the log. */
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

/** Returns the token claims of a maintainer of a tool. */
export const groups = (tool: string) => ({ groups: [`tools.${tool}`] });
