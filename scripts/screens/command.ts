import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../cli/main.ts');
const ctrlC = '\u0003';

/**
 * Returns the output of a command: all of it, or up to where it matches `until`.
 * @param interrupt ends the command after the match
 */
const outputOf = (child: ChildProcess, until: RegExp | undefined, interrupt: () => void): Promise<string> =>
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
    child.once('close', () => resolve(atMatch ?? output));
  });

/** Runs `toolforge-build` in a pipe. @returns what it prints to both outputs */
export const runInPipe = (args: string[], env: Record<string, string>, until?: RegExp): Promise<string> => {
  const options = { env: { ...process.env, ...env }, stdio: 'pipe' } as const;
  const child = spawn(process.execPath, [program, ...args], options);
  return outputOf(child, until, () => child.kill('SIGINT'));
};

/** Quotes a word for a shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** Runs `toolforge-build` on a terminal. @returns what it writes to the terminal */
export const runOnTerminal = (
  args: string[],
  columns: number,
  env: Record<string, string>,
  until?: RegExp,
): Promise<string> => {
  const line = `stty cols ${columns} rows 50; ${[process.execPath, program, ...args].map(quoted).join(' ')}`;
  const variables = { ...process.env, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env };
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: variables, stdio: 'pipe' });
  return outputOf(child, until, () => child.stdin?.write(ctrlC));
};
