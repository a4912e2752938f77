import { basename } from 'node:path';
import { statOf } from '../lib/process-identity.ts';

/** Shells whose commands `npm run env` can print. */
export const shells = ['bash', 'zsh', 'fish', 'sh'] as const;
export type Shell = (typeof shells)[number];

/** Shells that read the commands of one of `shells`. */
const similar: ReadonlyMap<string, Shell> = new Map([
  ['zsh-static', 'zsh'],
  ['dash', 'sh'],
  ['ash', 'sh'],
  ['ksh', 'sh'],
  ['ksh93', 'sh'],
  ['mksh', 'sh'],
]);
/** Shells that read none of these commands. */
const foreign = ['csh', 'tcsh', 'nu', 'pwsh', 'xonsh', 'elvish'];
const maxAncestors = 8;

/** Returns a word that bash, zsh and other POSIX shells read as the given text. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Returns a word that fish reads as the given text. */
const quotedForFish = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

/** Returns the names of the processes that have started this process, from the nearest on. Empty on a system without /proc. */
export const ancestorNames = (pid = process.ppid, count = maxAncestors): string[] => {
  const stat = count > 0 && pid > 0 ? statOf(pid) : undefined;
  return stat ? [stat.name, ...ancestorNames(stat.parent, count - 1)] : [];
};

const shellNamed = (name: string): Shell | undefined =>
  similar.get(name) ?? shells.find((shell) => shell === name.replace(/^-/, ''));

/**
 * Returns the shell that reads the output of this process: the nearest ancestor that is a shell. SHELL names the user's
 * shell of the sign-in, which may be another one, and is used only where no ancestor is known.
 * @throws Error for a shell that reads none of the commands that can be printed
 */
export const readingShell = (ancestors: readonly string[], { SHELL = '' }: NodeJS.ProcessEnv): Shell => {
  const nearest = ancestors.find((name) => shellNamed(name) !== undefined || foreign.includes(name));
  const name = nearest ?? basename(SHELL);
  if (!foreign.includes(name)) return shellNamed(name) ?? 'sh';
  throw new Error(`${name} can't read the commands of another shell. Start bash, zsh or fish first.`);
};

/** The changes of a shell's environment: variables to export, variables to remove, and a folder for the beginning of its PATH. */
export type ShellEnvironment = { exported: Record<string, string>; removed: readonly string[]; programs: string };

const forFish = ({ exported, removed, programs }: ShellEnvironment): string[] => {
  const folder = quotedForFish(programs);
  return [
    ...Object.entries(exported).map(([name, value]) => `set -gx ${name} ${quotedForFish(value)}`),
    // A universal variable belongs to all shells of the user, so it is hidden from this one, and not erased.
    ...removed.map((name) => `set -eg ${name}; set -qU ${name}; and set -gx ${name} ''`),
    `test "$PATH[1]" = ${folder}; or set -gx PATH ${folder} $PATH`,
  ];
};

const forOthers = ({ exported, removed, programs }: ShellEnvironment): string[] => {
  const folder = quoted(programs);
  return [
    ...Object.entries(exported).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `unset ${removed.join(' ')}`,
    `case "$PATH" in ${folder}:*) ;; *) export PATH=${folder}:"$PATH" ;; esac`,
  ];
};

/** Returns the commands that give a shell its environment. They may be given twice, and have no comments: zsh runs them. */
export const shellCommands = (shell: Shell, environment: ShellEnvironment): string =>
  (shell === 'fish' ? forFish : forOthers)(environment)
    .map((line) => `${line}\n`)
    .join('');
