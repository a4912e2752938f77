import { execFile } from 'node:child_process';
import { join } from 'node:path';

type Finished = { code: number; stdout: string; stderr: string };

/** Runs a command-line client with arguments. A client that runs for 180 s is ended. */
export type CommandLine = (environment: NodeJS.ProcessEnv, ...words: string[]) => Promise<Finished>;

const commandLine =
  (command: string, firstArguments: string[] = []): CommandLine =>
  (env, ...words) =>
    new Promise((resolve) => {
      execFile(command, [...firstArguments, ...words], { env, timeout: 180_000 }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
      );
    });

const main = join(import.meta.dirname, '../../../cli/main.ts');
const python = process.env.PYTHON_CLI;

/**
 * The command-line clients to test: name, whether the client is installed, client. PYTHON_CLI is the path of Toolforge's
 * Python CLI, which `pip install toolforge-builds-cli` installs.
 */
export const commandLines: [string, boolean, CommandLine][] = [
  ['our CLI', true, commandLine(process.execPath, [main])],
  ["Toolforge's Python CLI", Boolean(python), commandLine(python ?? '')],
];
