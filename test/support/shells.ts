import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from '@jest/globals';
import { type Running, startProcess } from '../unit/cli/support.ts';

/** Shells that tests run. Debian's packages bash, zsh and fish have them. */
export type ShellName = 'bash' | 'zsh' | 'fish';

const isInstalled = (shell: ShellName): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, shell), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/**
 * Returns jest's `test` for tests that run a shell, or `test.skip` where the shell is not installed.
 * @throws Error in CI, where each shell must be there
 */
export const testIn = (shell: ShellName): typeof test | typeof test.skip => {
  if (isInstalled(shell)) return test;
  if (process.env.CI) throw new Error(`${shell} is not installed: install Debian's package ${shell}`);
  return test.skip;
};

/** A shell in which a user types an unfinished command line and asks for its completion. */
export type CompletingShell = {
  /** Returns the candidates for the last word of a command line, sorted. */
  complete: (line: string) => Promise<string[]>;
  close: () => void;
};

/** Keys that let the shell insert all candidates: readline's insert-completions, and a widget that the test binds. */
const insertAll = { bash: '\u001b*', zsh: '\u0014' };
const startOfLine = '\u0001';
const eraseLine = '\u0015';

/** Statements that load a completion script, and let zsh insert all candidates with Ctrl-T. */
const preparation = {
  bash: (file: string) => ` source ${file}\n`,
  zsh: (file: string) =>
    ` bindkey -e; autoload -Uz compinit; compinit -u -D; source ${file}; all() { _main_complete; compstate[insert]=all }; zle -C all complete-word all; bindkey '^T' all\n`,
};
const starts = { bash: ['--norc', '--noprofile', '-i'], zsh: ['-f', '-i'] };

const resultOf = (output: string, marker: string): string | undefined =>
  new RegExp(`\\n${marker} ([^\\r\\n]*)\\r?\\n`).exec(output)?.[1];

/** Starts bash or zsh on a terminal, as a user does, with a completion script. */
const onTerminal = async (
  shell: 'bash' | 'zsh',
  file: string,
  env: Record<string, string>,
): Promise<CompletingShell> => {
  const line = `stty cols 2000; exec ${[shell, ...starts[shell]].join(' ')}`;
  const prompts = { PS1: 'READY> ', PROMPT: 'READY> ', TERM: 'dumb', SHELL: '/bin/sh' };
  const running: Running = startProcess('script', ['-qec', line, '/dev/null'], { ...prompts, ...env }, 'pipe');
  let output = '';
  running.child.stdout.on('data', (text: string) => {
    output += text;
  });
  const type = (keys: string): void => void running.child.stdin?.write(keys);
  let count = 0;
  await running.sees('READY> ');
  type(preparation[shell](file));
  return {
    complete: async (text) => {
      count += 1;
      const marker = `RESULT${count}:`;
      type(`${eraseLine}${text}${insertAll[shell]}${startOfLine}echo ${marker} '\u0005'; echo DONE${count}\n`);
      await running.sees(`\nDONE${count}`);
      const shown = resultOf(output, marker) ?? '';
      const words = shown.slice(text.lastIndexOf(' ') + 1).split(' ');
      return words.filter((word) => word !== '').sort();
    },
    close: () => void running.child.kill('SIGKILL'),
  };
};

/** Returns fish, which prints the candidates for a command line by itself, each with a description behind a tab. */
const fish = (file: string, env: Record<string, string>): CompletingShell => ({
  complete: async (text) => {
    const script = 'source $argv[1]; complete -C $argv[2]';
    const { stdout } = await startProcess('fish', ['--no-config', '-c', script, file, text], env).finished;
    return stdout
      .split('\n')
      .flatMap((line) => line.split('\t')[0] || [])
      .sort();
  },
  close: () => {},
});

/** Opens a shell with a completion script from a file. */
export const openShell = async (
  shell: ShellName,
  file: string,
  env: Record<string, string>,
): Promise<CompletingShell> => (shell === 'fish' ? fish(file, env) : onTerminal(shell, file, env));
