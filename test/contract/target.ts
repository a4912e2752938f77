import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { createLog } from '../../lib/log.ts';
import { type GitServer, makeRepository, serveGit } from '../../local/git-server.ts';
import { apiAudience } from '../../local/issuer.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';

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

export const groups = (tool: string) => ({ groups: [`tools.${tool}`] });

const writeFiles = async (folder: string, files: Record<string, string>): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
};

const embeddedTarget = async (settings: Record<string, string>): Promise<Target> => {
  const folder = await mkdtemp(join(tmpdir(), 'contract-'));
  const gitFolder = join(folder, 'git');
  await mkdir(gitFolder);
  const server: GitServer = await serveGit({ folder: gitFolder });
  const logged: Record<string, unknown>[] = [];
  const log = createLog('contract', (line) => logged.push(JSON.parse(line)));
  const platform = await startPlatform({ folder: join(folder, 'data'), port: 0, gatewayPort: 0, settings, log });
  const token = await signer(platform.issuer.url, join(folder, 'data/issuer/key.json'));
  const gitUrl = (name: string) => `${server.url}/${name}.git`;
  return {
    url: platform.url,
    gatewayUrl: platform.gatewayUrl,
    platform,
    kubeconfig: platform.environment.KUBECONFIG ?? '',
    namespace: 'image-build',
    toolKubeconfig: platform.kubeconfig,
    token,
    tokenFor: (tool) => token(groups(tool)),
    clear: async () => undefined,
    withoutCredential: [401, 'unauthenticated'],
    repository: async (name, files) => {
      const work = await mkdtemp(join(folder, 'repository-'));
      await writeFiles(work, files);
      await makeRepository(work, join(gitFolder, `${name}.git`));
      return gitUrl(name);
    },
    git: async (name, ...words) => {
      const { stdout } = await promisify(execFile)('git', ['-C', join(gitFolder, `${name}.git`), ...words]);
      return stdout.trim();
    },
    gitUrl,
    logged,
    close: async () => {
      await server.close();
      await platform.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

export const onCluster = process.env.CONTRACT_TARGET === 'cluster';

/** Timeout of a test with builds, in milliseconds. */
export const buildTimeoutMs = onCluster ? 600_000 : 60_000;

/** @param settings settings of the functions of an embedded platform. A cluster keeps its own settings. */
export const startTarget = async (settings: Record<string, string> = {}): Promise<Target> => {
  if (!onCluster) return embeddedTarget(settings);
  return (await import('./cluster-target.ts')).clusterTarget();
};
