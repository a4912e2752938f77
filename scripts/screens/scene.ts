import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../lib/log.ts';
import { serveGit } from '../../local/git-server.ts';
import { toolToken } from '../../local/issuer.ts';
import { startPlatform } from '../../local/platform.ts';
import { runInPipe } from './command.ts';

const tool = 'wikibugs';

const buildProgram = `
const seconds = Number(process.env.BUILD_SECONDS ?? 0);
console.log('Compiling 48 modules');
for (let second = 1; second <= seconds; second += 1) await new Promise((done) => setTimeout(done, 1000));
console.log('dist/main.js  142 kB');
`;

const brokenProgram = `
console.log('Compiling 48 modules');
console.error("src/feed.js:12:9: error: Could not resolve './fetch-fedd.js'");
console.error('  12 | import { fetchFeed } from "./fetch-fedd.js";');
console.error('     |         ^');
process.exit(1);
`;

const manifest = JSON.stringify({
  name: 'web',
  version: '1.0.0',
  private: true,
  scripts: { build: 'node build.mjs', start: 'node server.js' },
});

/** Content of the files of the repositories that are built, by repository. */
const repositories: Record<string, Record<string, string>> = {
  web: { 'package.json': manifest, 'server.js': '', 'build.mjs': buildProgram },
  bot: { 'package.json': manifest, 'server.js': '', 'build.mjs': brokenProgram },
};

const writeRepositories = async (folder: string): Promise<Record<string, string>> => {
  const folders: Record<string, string> = {};
  for (const [name, files] of Object.entries(repositories)) {
    folders[name] = join(folder, 'source', name);
    await mkdir(folders[name], { recursive: true });
    for (const [file, content] of Object.entries(files)) await writeFile(join(folders[name], file), content);
  }
  return folders;
};

/** A build service with repositories, for a tool whose builds are shown. */
export type Scene = {
  /** Variables that lead `toolforge-build` to the service. */
  env: Record<string, string>;
  /** Address of a git repository: web, whose build takes BUILD_SECONDS, or bot, whose build fails. */
  url: (repository: string) => string;
  /** Runs `toolforge-build` in a pipe. @throws Error if it ends with another exit code. Default: 0 */
  run: (args: readonly string[], exitCode?: number) => Promise<void>;
  close: () => Promise<void>;
};

/** Starts the embedded platform and a git server. Two builds run at once, and the registry's quota is 256 MiB. */
export const openScene = async (): Promise<Scene> => {
  const folder = await mkdtemp(join(tmpdir(), 'toolforge-screens-'));
  const git = await serveGit({ repositories: await writeRepositories(folder) });
  const settings = { LIMIT_RUNNING: '2', LIMIT_QUEUED: '4', REGISTRY_LIMIT_BYTES: String(2 ** 28) };
  const log = createLog('screens', () => undefined);
  const platform = await startPlatform({ folder: join(folder, 'data'), port: 0, gatewayPort: 0, settings, log });
  const env = {
    TOOL_TOOLFORGE_API_URL: platform.url,
    TOOLFORGE_TOKEN: await toolToken(platform.issuer, tool),
    TOOLFORGE_TOOL: tool,
    HOME: folder,
  };
  return {
    env,
    url: (repository) => `${git.url}/${repository}.git`,
    run: async (args, expected = 0) => {
      const { output, code } = await runInPipe(args, env);
      if (code === expected) return;
      throw new Error(`toolforge-build ${args.join(' ')} ended with ${code}, not ${expected}:\n${output}`);
    },
    close: async () => {
      await platform.close();
      await git.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
