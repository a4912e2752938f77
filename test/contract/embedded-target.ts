import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createLog } from '../../lib/log.ts';
import { type GitServer, makeRepository, serveGit } from '../../local/git-server.ts';
import { startPlatform } from '../../local/platform.ts';
import { groups, signer, type Target } from './target.ts';

const writeFiles = async (folder: string, files: Record<string, string>): Promise<void> => {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
  }
};

/** Starts an embedded platform and a git server for one test file. */
export const embeddedTarget = async (settings: Record<string, string>): Promise<Target> => {
  const folder = await mkdtemp(join(tmpdir(), 'contract-'));
  const gitFolder = join(folder, 'git');
  await mkdir(gitFolder);
  const server: GitServer = await serveGit({ folder: gitFolder });
  const logged: Record<string, unknown>[] = [];
  const log = createLog('contract', (line) => logged.push(JSON.parse(line)));
  const closeOthers = async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const options = { folder: join(folder, 'data'), port: 0, gatewayPort: 0, settings, log };
  const platform = await startPlatform(options).catch(async (error) => {
    await closeOthers();
    throw error;
  });
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
      await platform.close();
      await closeOthers();
    },
  };
};
