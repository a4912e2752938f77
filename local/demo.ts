/**
 * `npm run demo [-- URL]`: shows the build service from start to end on this machine. The demo builds the git
 * repository at URL, or an example, follows the log, shows the quota and the result, and runs the image. Nothing is
 * left running after the demo.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoDefaultProcessError } from '../embedded/image/run.ts';
import { createLog } from '../lib/log.ts';
import { trustAuthorities } from './authorities.ts';
import { serveGit } from './git-server.ts';
import { toolToken } from './issuer.ts';
import { type Platform, startPlatform } from './platform.ts';
import { settingsOfMachine } from './settings.ts';
import { startImage } from './start-image.ts';

const tool = 'demo';
const root = join(import.meta.dirname, '..');
const maxPageChars = 600;
const responseTimeoutMs = 20_000;

const say = (text: string): void => console.log(`\n==> ${text}`);

type Finish = () => Promise<unknown>;

const cli = (platform: Platform, token: string, args: string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    console.log(`$ toolforge-build ${args.join(' ')}`);
    const env = { ...process.env, TOOL_TOOLFORGE_API_URL: platform.url, TOOLFORGE_TOKEN: token, TOOLFORGE_TOOL: tool };
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...args], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });

/** Starts a built image and prints the response of its web process. */
const showResponse = async (platform: Platform, image: string, finish: Finish[]): Promise<void> => {
  const running = await startImage({ imagesFolder: platform.imagesFolder, image }, process.env, createLog('demo'));
  finish.push(running.stop);
  try {
    const response = await fetch(running.url, { signal: AbortSignal.timeout(responseTimeoutMs) });
    const page = (await response.text()).trim();
    console.log(
      `GET ${running.url} -> ${response.status}\n${page.slice(0, maxPageChars)}${page.length > maxPageChars ? ' …' : ''}`,
    );
    if (!response.ok) throw new Error(`the image responded with status ${response.status}`);
  } finally {
    await running.stop();
  }
};

const latestImage = async (platform: Platform, token: string): Promise<string> => {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${platform.url}/v1/tool/${tool}/builds/latest`, { headers });
  const { build } = (await response.json()) as { build: { destination_image: string } };
  return build.destination_image;
};

const source = async (given: string | undefined, finish: Finish[]): Promise<string> => {
  if (given) return given;
  const git = await serveGit({ repositories: { node: join(root, 'examples/node') } });
  finish.push(git.close);
  return `${git.url}/node.git`;
};

const demo = async (given: string | undefined, finish: Finish[]): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'toolforge-builds-'));
  finish.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  say('Starting the build service on this machine');
  const lines: string[] = [];
  const { settings, warnings } = settingsOfMachine(process.env);
  for (const warning of warnings) console.log(warning);
  await trustAuthorities(process.env);
  const platform = await startPlatform({
    folder,
    port: 0,
    gatewayPort: 0,
    settings,
    log: createLog('demo', (line) => lines.push(line)),
  });
  finish.push(platform.close);
  console.log(`The build service runs at ${platform.url}`);
  const token = await toolToken(platform.issuer, tool);
  const url = await source(given, finish);

  say('Starting a build and following its log');
  const code = await cli(platform, token, ['start', url]);
  say('Showing the build');
  await cli(platform, token, ['show']);
  say('Showing the quota');
  await cli(platform, token, ['quota']);
  if (code !== 0) throw new Error('the build failed; its output above says why');
  say('Running the image');
  await showResponse(platform, await latestImage(platform, token), finish).catch((error: unknown) => {
    if (!(error instanceof NoDefaultProcessError)) throw error;
    console.log(`The image is built. ${error.message}`);
  });
};

const finishAll = async (finish: Finish[]): Promise<void> => {
  for (const step of finish.splice(0).reverse()) await step().catch((error: unknown) => console.error(error));
};

const finish: Finish[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void finishAll(finish).then(() => process.exit(130)));
try {
  await demo(process.argv[2], finish);
  await finishAll(finish);
  say('Done. Nothing is left running. `npm start` keeps the service up.');
} catch (error) {
  await finishAll(finish);
  console.error(`\nThe demo failed: ${(error as Error).message}`);
  process.exitCode = 1;
}
