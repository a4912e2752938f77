/**
 * Prints the commands that let a shell act as a tool on the platform of npm start: the address, the tool's kubeconfig, and
 * toolforge-build on the PATH. In bash, zsh and fish, where FOLDER is the project's folder:
 *   eval "$(npm --prefix FOLDER run -s env -- TOOL)"
 * Without --prefix, npm would start a program that is named like the tool, in a folder whose package.json has no script env.
 * The shell is the one that calls npm; --shell bash|zsh|fish|sh names another one.
 */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isGone } from '../lib/lock-file.ts';
import { lastAddresses } from './addresses.ts';
import { openAuthority } from './certificates.ts';
import { dataFolder, paths, writePrivate } from './folder.ts';
import { writeToolKubeconfig } from './kubeconfig.ts';
import { ancestorNames, quoted, readingShell, type Shell, shellCommands, shells } from './shells.ts';
import { toolFrom } from './tool-argument.ts';

const root = join(import.meta.dirname, '..');
const usage = `Usage: eval "$(npm --prefix ${quoted(root)} run -s env -- TOOL)"`;
const cliFile = join(root, 'cli/dist/toolforge-build.js');

/** Variables that would replace the tool or the credential of the kubeconfig. */
const removed = ['TOOLFORGE_TOKEN', 'TOOLFORGE_TOKEN_COMMAND', 'TOOLFORGE_TOOL'];

const shellFrom = (given: string | undefined): Shell => {
  if (given === undefined) return readingShell(ancestorNames(), process.env);
  const shell = shells.find((name) => name === given);
  if (shell) return shell;
  throw new Error(`--shell must be one of ${shells.join(', ')}. ${usage}`);
};

/** @throws Error for a folder whose name separates two paths in the variables PATH and KUBECONFIG */
const refuseColon = (folder: string): void => {
  if (folder.includes(':'))
    throw new Error(
      `A shell can't use programs in ${folder}, because a colon separates the folders of PATH. Move the folder to a path without a colon, and set TOOLFORGE_BUILDS_DATA to that path.`,
    );
};

/** Writes the program toolforge-build, which shells find on their PATH. @throws Error when the command line is not bundled */
const writeProgram = async (folder: string): Promise<void> => {
  await access(cliFile).catch(() => {
    throw new Error(`${cliFile} is missing. Run \`npm run build\`.`);
  });
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(cliFile)} "$@"\n`;
  const path = join(paths(folder).programs, 'toolforge-build');
  if ((await readFile(path, 'utf8').catch(() => '')) !== script) await writePrivate(path, script, 0o700);
};

const warnWhenStopped = async (folder: string): Promise<void> => {
  const holder = await readFile(paths(folder).lock, 'utf8').catch(() => undefined);
  if (holder === undefined || isGone(holder))
    console.error('Warning: the build service does not run. Start it with `npm start`.');
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { shell: { type: 'string' } } });
  const tool = toolFrom(positionals, usage);
  const shell = shellFrom(values.shell);
  const folder = dataFolder();
  refuseColon(folder);
  const { gatewayUrl } = await lastAddresses(folder);
  await warnWhenStopped(folder);
  await writeProgram(folder);
  const kubeconfig = await writeToolKubeconfig(folder, tool, gatewayUrl, await openAuthority(paths(folder).authority));
  const exported = { TOOL_TOOLFORGE_API_URL: gatewayUrl, KUBECONFIG: kubeconfig, TOOLFORGE_BUILDS_DATA: folder };
  process.stdout.write(shellCommands(shell, { exported, removed, programs: paths(folder).programs }));
  if (process.stderr.isTTY) console.error(`toolforge-build acts as the tool ${tool} in this shell.`);
};

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
