/**
 * `npm start [-- -v]`: runs the embedded platform until Ctrl-C. The log is in the file `log` of the data folder; with -v
 * it is printed, too.
 */
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLog } from '../lib/log.ts';
import { trustAuthorities } from './authorities.ts';
import { dataFolder, paths } from './folder.ts';
import { serveGit } from './git-server.ts';
import { type Lifetime, runCommand } from './lifetime.ts';
import { createLogFile } from './log-file.ts';
import { type Platform, startPlatform } from './platform.ts';
import { runPaths } from './run-folder.ts';
import { settingsOfMachine } from './settings.ts';
import { quoted } from './shells.ts';

const root = join(import.meta.dirname, '..');
const examplesFolder = join(root, 'examples');
const examples = ['node', 'python', 'static', 'procfile'];

const portOf = (name: string, fallback: number): number => {
  const text = process.env[name] || String(fallback);
  const port = Number(text);
  if (/^\d+$/.test(text) && port < 65536) return port;
  throw new Error(`${name} must be a port number from 0 to 65535.`);
};

/** Returns the line by which a shell gets the address, the credential and the command of a tool. */
const environmentLine = (folder: string): string => {
  const isUsual = folder === join(root, 'data');
  const variable = isUsual ? '' : `TOOLFORGE_BUILDS_DATA=${quoted(folder)} `;
  return `eval "$(${variable}npm --prefix ${quoted(root)} run -s env -- mytool)"`;
};

const next = ({ url, signInCode }: Platform, folder: string, git: string): string => `
The build service runs at ${url}. Stop it with Ctrl-C.
Open that address in a browser, and sign in with the code ${signInCode}
Data: ${folder}   Log: ${paths(folder).log}

In another terminal, as the tool "mytool":

    ${environmentLine(folder)}

Then, for example:

    toolforge-build start ${git}/node.git
    toolforge-build list
    toolforge-build --help

Examples to build: ${examples.map((name) => `${git}/${name}.git`).join('  ')}
`;

const start = async (lifetime: Lifetime): Promise<number> => {
  const { values } = parseArgs({ options: { verbose: { type: 'boolean', short: 'v', default: false } } });
  const folder = dataFolder();
  const { settings, warnings } = settingsOfMachine(process.env);
  for (const warning of warnings) console.error(`Warning: ${warning}`);
  const ports = { port: portOf('PORT', 8080), gatewayPort: portOf('GATEWAY_PORT', 8443) };
  const gitPort = portOf('GIT_PORT', 8081);
  await trustAuthorities(process.env);
  const logFile = createLogFile(folder, values.verbose);
  const own = { log: createLog('local', logFile.write), onLocked: logFile.open, atExit: lifetime.atExit };
  const platform = await startPlatform({ folder, ...ports, settings, ...own });
  lifetime.atEnd(platform.close);
  lifetime.signal.throwIfAborted();
  const repositories = Object.fromEntries(examples.map((name) => [name, join(examplesFolder, name)]));
  const git = await serveGit({ repositories, port: gitPort, folder: runPaths(lifetime.folder).git });
  lifetime.atEnd(git.close);
  lifetime.signal.throwIfAborted();
  console.log(next(platform, folder, git.url));
  await once(lifetime.signal, 'abort');
  return 0;
};

await runCommand(start, { interruptedCode: 0 });
