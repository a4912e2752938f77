/** `npm start`: runs the embedded platform until Ctrl-C. */
import { join } from 'node:path';
import { createLog } from '../lib/log.ts';
import { trustAuthorities } from './authorities.ts';
import { dataFolder, paths } from './folder.ts';
import { serveGit } from './git-server.ts';
import { startPlatform } from './platform.ts';
import { settingsOfMachine } from './settings.ts';

const root = join(import.meta.dirname, '..');
const cliFile = join(root, 'cli/dist/toolforge-build.js');
const examplesFolder = join(root, 'examples');
const examples = ['node', 'python', 'static', 'procfile'];

const portOf = (name: string, fallback: number): number => {
  const port = Number(process.env[name] ?? fallback);
  if (Number.isInteger(port) && port >= 0 && port < 65536) return port;
  throw new Error(`${name} must be a port number from 0 to 65535.`);
};

const next = (url: string, gatewayUrl: string, kubeconfig: string, git: string): string => `
The build service runs at ${url} (data: ${dataFolder()}). Stop it with Ctrl-C.

In another terminal, as the tool "mytool":

    cd ${root}
    export TOOLFORGE_BUILDS_DATA=${dataFolder()}
    alias toolforge-build="node ${cliFile}"
    export TOOL_TOOLFORGE_API_URL=${gatewayUrl}
    export KUBECONFIG=${kubeconfig}
    export REQUESTS_CA_BUNDLE=${paths(dataFolder()).authorityCertificate}
    toolforge-build start ${git}/node.git
    toolforge-build list
    toolforge-build quota
    npm run image -- tool-mytool/tool-mytool:latest

Examples to build: ${examples.map((name) => `${git}/${name}.git`).join('  ')}
Or with a token:   curl -H "Authorization: Bearer $(npm run -s token -- mytool)" ${url}/v1/tool/mytool/builds
`;

const start = async (finish: (() => Promise<void>)[]): Promise<void> => {
  const log = createLog('local');
  const { settings, warnings } = settingsOfMachine(process.env);
  for (const warning of warnings) log('WARNING', warning);
  await trustAuthorities(process.env);
  const ports = { port: portOf('PORT', 8080), gatewayPort: portOf('GATEWAY_PORT', 8443) };
  const repositories = Object.fromEntries(examples.map((name) => [name, join(examplesFolder, name)]));
  const git = await serveGit({ repositories, port: portOf('GIT_PORT', 8081) });
  finish.push(git.close);
  const platform = await startPlatform({ folder: dataFolder(), ...ports, settings, log });
  finish.push(platform.close);
  console.log(next(platform.url, platform.gatewayUrl, await platform.kubeconfig('mytool'), git.url));
};

const finish: (() => Promise<void>)[] = [];
const finishAll = (): Promise<unknown> => Promise.all(finish.splice(0).map((close) => close()));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.once('SIGINT', () => process.exit(130));
    void finishAll().then(() => process.exit(0));
  });
}
try {
  await start(finish);
} catch (error) {
  await finishAll();
  console.error((error as Error).message);
  process.exitCode = 1;
}
