import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { quoted } from '../../cli/shell-words.ts';

const program = join(import.meta.dirname, '../../cli/main.ts');
const ctrlC = '\u0003';

/** The text that a command has printed to both outputs, and its exit code. */
type Finished = { output: string; code: number | null };

/**
 * Returns the end of a command. The output is all of it, or up to where it matches `until`.
 * @param interrupt ends the command after the match
 */
const endOf = (child: ChildProcess, until: RegExp | undefined, interrupt: () => void): Promise<Finished> =>
  new Promise((resolve, reject) => {
    let output = '';
    let atMatch: string | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (atMatch !== undefined || !until?.test(output)) return;
        atMatch = output;
        interrupt();
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ output: atMatch ?? output, code }));
  });

/** Runs `toolforge-build` in a pipe. */
export const runInPipe = (args: readonly string[], env: Record<string, string>, until?: RegExp): Promise<Finished> => {
  const options = { env: { ...process.env, ...env }, stdio: 'pipe' } as const;
  const child = spawn(process.execPath, [program, ...args], options);
  return endOf(child, until, () => child.kill('SIGINT'));
};

/** Runs `toolforge-build` on a terminal. @returns what it writes to the terminal */
export const runOnTerminal = async (
  args: string[],
  columns: number,
  env: Record<string, string>,
  until?: RegExp,
): Promise<string> => {
  const line = `stty cols ${columns} rows 50; ${[process.execPath, program, ...args].map(quoted).join(' ')}`;
  const variables = { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env };
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: variables, stdio: 'pipe' });
  return (await endOf(child, until, () => child.stdin?.write(ctrlC))).output;
};
