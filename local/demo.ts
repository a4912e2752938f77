/**
 * `npm run demo [-- URL]`: shows the build service from start to end on this machine. The demo builds the git
 * repository at URL, or an example, follows the log, shows the quota and the result, and runs the image. Nothing is
 * left running after the demo.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { NoDefaultProcessError } from '../embedded/image/run.ts';
import { createLog, noLog } from '../lib/log.ts';
import { trustAuthorities } from './authorities.ts';
import { serveGit } from './git-server.ts';
import { toolToken } from './issuer.ts';
import { type Lifetime, runCommand } from './lifetime.ts';
import { type Platform, startPlatform } from './platform.ts';
import { runPaths } from './run-folder.ts';
import { settingsOfMachine } from './settings.ts';
import { startImage } from './start-image.ts';

const tool = 'demo';
const root = join(import.meta.dirname, '..');
const maxPageChars = 600;
const responseTimeoutMs = 20_000;

const say = (text: string): void => console.log(`\n==> ${text}`);

type Running = { platform: Platform; token: string; lifetime: Lifetime };

const cli = ({ platform, token, lifetime }: Running, args: string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    console.log(`$ toolforge-build ${args.join(' ')}`);
    const { signal, folder } = lifetime;
    const own = { TOOL_TOOLFORGE_API_URL: platform.url, TOOLFORGE_TOKEN: token, TOOLFORGE_TOOL: tool };
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...args], {
      env: { ...process.env, ...own, TMPDIR: runPaths(folder).temporary },
      stdio: ['ignore', 'inherit', 'inherit'],
      signal,
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

/** Starts a built image and prints the response of its web process. */
const showResponse = async ({ platform, lifetime }: Running, image: string): Promise<void> => {
  const { folder, signal } = lifetime;
  const options = { imagesFolder: platform.imagesFolder, image, folder, signal, record: runPaths(folder).imageProcess };
  const running = await startImage(options, process.env, createLog('demo'));
  try {
    const timeout = AbortSignal.timeout(responseTimeoutMs);
    const response = await fetch(running.url, { signal: AbortSignal.any([signal, timeout]) });
    const page = (await response.text()).trim();
    console.log(
      `GET ${running.url} -> ${response.status}\n${page.slice(0, maxPageChars)}${page.length > maxPageChars ? ' …' : ''}`,
    );
    if (!response.ok) throw new Error(`the image responded with status ${response.status}`);
  } finally {
    await running.stop();
  }
};

const latestImage = async ({ platform, token }: Running): Promise<string> => {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${platform.url}/v1/tool/${tool}/builds/latest`, { headers });
  const { build } = (await response.json()) as { build: { destination_image: string } };
  return build.destination_image;
};

const source = async (given: string | undefined, { folder, atEnd }: Lifetime): Promise<string> => {
  if (given) return given;
  const git = await serveGit({ repositories: { node: join(root, 'examples/node') }, folder: runPaths(folder).git });
  atEnd(git.close);
  return `${git.url}/node.git`;
};

const startService = async (lifetime: Lifetime): Promise<Running> => {
  const { settings, warnings } = settingsOfMachine(process.env);
  for (const warning of warnings) console.log(warning);
  await trustAuthorities(process.env);
  const platform = await startPlatform({
    ...{ folder: runPaths(lifetime.folder).data, port: 0, gatewayPort: 0, settings },
    log: noLog,
  });
  lifetime.atEnd(platform.close);
  lifetime.signal.throwIfAborted();
  console.log(`The build service runs at ${platform.url}`);
  return { platform, lifetime, token: await toolToken(platform.issuer, tool) };
};

const demo = async (lifetime: Lifetime): Promise<number> => {
  say('Starting the build service on this machine');
  const running = await startService(lifetime);
  const url = await source(process.argv[2], lifetime);

  say('Starting a build and following its log');
  const code = await cli(running, ['start', url]);
  say('Showing the build');
  await cli(running, ['show']);
  say('Showing the quota');
  await cli(running, ['quota']);
  if (code !== 0) throw new Error('the build failed; its output above says why');
  say('Running the image');
  await showResponse(running, await latestImage(running)).catch((error: unknown) => {
    if (!(error instanceof NoDefaultProcessError)) throw error;
    console.log(`The image is built. ${error.message}`);
  });
  return 0;
};

await runCommand(demo, {
  interruptedCode: 130,
  failure: ({ message }) => `\nThe demo failed: ${message}`,
  farewell: '\n==> Done. Nothing is left running. `npm start` keeps the service up.',
});
