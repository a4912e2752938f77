import { type Commands, shownCommands } from './command.ts';
import { bash } from './completion/bash.ts';
import { fish } from './completion/fish.ts';
import { zsh } from './completion/zsh.ts';

/** Shells for which `toolforge-build completion` prints a completion script. */
export const shells = ['bash', 'zsh', 'fish'] as const;

const scripts: Record<string, (commands: Commands) => string> = { bash, zsh, fish };

/** Returns the script that completes the commands of `toolforge-build` in a shell; undefined for an unknown shell. */
export const completionScript = (shell: string, commands: Commands): string | undefined =>
  Object.hasOwn(scripts, shell) ? scripts[shell]?.(shownCommands(commands)) : undefined;
