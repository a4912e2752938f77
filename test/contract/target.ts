import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import { createLog } from '../../lib/http/log.ts';
import { type GitServer, makeRepository, serveGit } from '../../local/lifecycle/git-server.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';

/** What the suite is run against: a platform of its own, or the cluster that the environment names. */
export type Target = {
  url: string;
  /** The same API behind client certificates; undefined where the cluster under test has no such gateway. */
  gatewayUrl: string | undefined;
  /** undefined on a cluster: what only the embedded platform has. */
  platform: Platform | undefined;
  /** Of the Kubernetes API that the functions use. */
  kubeconfig: string;
  /** Path of the kubeconfig with a tool's client certificate. */
  toolKubeconfig(tool: string): Promise<string>;
  /** A token whose claims replace those of a good one; `lifetime` as jose has it. */
  token(claims: JWTPayload, lifetime?: string): Promise<string>;
  tokenFor(tool: string): Promise<string>;
  /** Makes a repository of one commit and gives its URL. Written with mode 755 where the text begins with `#!`. */
  repository(name: string, files: Record<string, string>): Promise<string>;
  /** Where `repository` puts them, for tests that need more than one commit. */
  gitFolder: string;
  gitUrl(name: string): string;
  /** What the functions logged, one parsed line each; empty on a cluster. */
  logged: Record<string, unknown>[];
  close(): Promise<void>;
};

type Signer = { issuer: string; audience: string; keyFile: string };

const signer =
  ({ issuer, audience, keyFile }: Signer): Target['token'] =>
  async (claims, lifetime = '1h') => {
    const key = await importJWK(JSON.parse(await readFile(keyFile, 'utf8')), 'ES256');
    return new SignJWT({ iss: issuer, aud: audience, sub: 'contract-test', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'local' })
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(key);
  };

const groups = (tool: string) => ({ groups: [`tools.${tool}`] });

const repositories = (gitFolder: string, gitUrl: Target['gitUrl']): Target['repository'] => {
  return async (name, files) => {
    const folder = await mkdtemp(join(tmpdir(), 'repository-'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    await makeRepository(folder, join(gitFolder, `${name}.git`));
    await rm(folder, { recursive: true, force: true });
    return gitUrl(name);
  };
};

const needed = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set beside CONTRACT_URL`);
  return value;
};

/**
 * CONTRACT_URL, CONTRACT_ISSUER and CONTRACT_ISSUER_KEY (a file with a private JWK), CONTRACT_KUBECONFIG, and a folder
 * of bare repositories (CONTRACT_GIT_FOLDER) that the cluster reads at CONTRACT_GIT_URL.
 */
const clusterTarget = (url: string): Target => {
  const gitFolder = needed('CONTRACT_GIT_FOLDER');
  const gitUrl = (name: string) => `${needed('CONTRACT_GIT_URL')}/${name}.git`;
  const token = signer({
    issuer: needed('CONTRACT_ISSUER'),
    audience: process.env.CONTRACT_AUDIENCE ?? 'builds-api',
    keyFile: needed('CONTRACT_ISSUER_KEY'),
  });
  return {
    url,
    gatewayUrl: undefined,
    platform: undefined,
    kubeconfig: needed('CONTRACT_KUBECONFIG'),
    toolKubeconfig: async () => {
      throw new Error('this cluster gives out no client certificates');
    },
    token,
    tokenFor: (tool) => token(groups(tool)),
    repository: repositories(gitFolder, gitUrl),
    gitFolder,
    gitUrl,
    logged: [],
    close: async () => undefined,
  };
};

const embeddedTarget = async (settings: Record<string, string>): Promise<Target> => {
  const folder = await mkdtemp(join(tmpdir(), 'contract-'));
  const gitFolder = join(folder, 'git');
  await mkdir(gitFolder);
  const git: GitServer = await serveGit({ folder: gitFolder });
  const logged: Record<string, unknown>[] = [];
  const log = createLog('contract', (line) => logged.push(JSON.parse(line)));
  const platform = await startPlatform({ folder: join(folder, 'data'), port: 0, gatewayPort: 0, settings, log });
  const issuer = platform.issuer.url;
  const token = signer({ issuer, audience: 'builds-api', keyFile: join(folder, 'data/issuer/key.json') });
  const gitUrl = (name: string) => `${git.url}/${name}.git`;
  return {
    url: platform.url,
    gatewayUrl: platform.gatewayUrl,
    platform,
    kubeconfig: platform.environment.KUBECONFIG ?? '',
    toolKubeconfig: platform.kubeconfig,
    token,
    tokenFor: (tool) => token(groups(tool)),
    repository: repositories(gitFolder, gitUrl),
    gitFolder,
    gitUrl,
    logged,
    close: async () => {
      await git.close();
      await platform.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** @param settings of the functions; a cluster has its own */
export const startTarget = (settings: Record<string, string> = {}): Promise<Target> => {
  const url = process.env.CONTRACT_URL;
  return url ? Promise.resolve(clusterTarget(url)) : embeddedTarget(settings);
};
