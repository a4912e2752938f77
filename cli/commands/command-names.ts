import { type Run, shownCommands } from '../command.ts';
import { exitCodes } from '../failure.ts';

/**
 * Runs the command `_commands`, which prints the names of the commands, one in each line. Toolforge's launcher completes
 * `toolforge build …` with these names.
 */
export const commandNames: Run = async ({ terminal, commands }) => {
  for (const name of Object.keys(shownCommands(commands)).sort()) terminal.out(name);
  return exitCodes.ok;
};
