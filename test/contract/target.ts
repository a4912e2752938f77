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

/** What the suite is run against: a platform of its own, or with CONTRACT_TARGET=cluster what is deployed there. */
export type Target = {
  url: string;
  /** The same API behind client certificates. */
  gatewayUrl: string;
  /** undefined on a cluster. */
  platform: Platform | undefined;
  /** Of the Kubernetes API that the functions use. */
  kubeconfig: string;
  /** Where builds are, in that API. */
  namespace: string;
  /** Path of the kubeconfig with a tool's client certificate. */
  toolKubeconfig(tool: string): Promise<string>;
  /** A token whose claims replace those of a good one; `lifetime` as jose has it. */
  token(claims: JWTPayload, lifetime?: string): Promise<string>;
  tokenFor(tool: string): Promise<string>;
  /** Makes sure that a tool has no builds, and the limits that these tests expect. */
  clear(tool: string): Promise<void>;
  /** What who proves nothing is answered: by a function itself, or by the gateway before it. */
  unproven: [status: number, code: string];
  /** Makes a repository of one commit and gives its URL. Written with mode 755 where the text begins with `#!`. */
  repository(name: string, files: Record<string, string>): Promise<string>;
  /** Runs git in a repository that `repository` made, for tests that need more than one commit. */
  git(name: string, ...words: string[]): Promise<string>;
  gitUrl(name: string): string;
  /** What the functions logged, one parsed line each; empty on a cluster. */
  logged: Record<string, unknown>[];
  close(): Promise<void>;
};

/** Tokens of an issuer, with claims that replace those of a good one. */
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
    unproven: [401, 'unauthenticated'],
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

/** Milliseconds for a test with builds in it. */
export const patience = onCluster ? 600_000 : 60_000;

/** @param settings of the functions; a cluster has its own */
export const startTarget = async (settings: Record<string, string> = {}): Promise<Target> => {
  if (!onCluster) return embeddedTarget(settings);
  return (await import('./cluster-target.ts')).clusterTarget();
};
