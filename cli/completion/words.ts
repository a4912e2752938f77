import { type Command, globalOptions, type Options } from '../command.ts';

/** Returns the options of a command as the user types them, such as --ref and -i. */
export const flagsOf = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, { short }]) => (short ? [`--${name}`, `-${short}`] : [`--${name}`]));

/** Returns the options of a command and those of every command. */
export const optionsOf = (command: Command): Options => ({ ...command.options, ...globalOptions });

/** Quotes a text so that a shell reads it as one word. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Name of the function of each completion script that requests candidates from the API: `toolforge-build _complete`. The
 * function passes on only candidates without any character that means something to a shell.
 */
export const requestFunction = '_toolforge_build_request';
