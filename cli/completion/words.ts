import { type Command, flagsOf, globalOptions, type Options } from '../command.ts';

/** Returns the options of a command and those of every command. */
export const optionsOf = (command: Command): Options => ({ ...command.options, ...globalOptions });

/** Returns the options of every command that take a value, as the user types them. */
export const globalValueFlags = (): string[] =>
  flagsOf(Object.fromEntries(Object.entries(globalOptions).filter(([, { type }]) => type === 'string')));

/**
 * Name of the function of each completion script that requests candidates from the API: `toolforge-build _complete`. The
 * function passes on only candidates without any character that means something to a shell.
 */
export const requestFunction = '_toolforge_build_request';
