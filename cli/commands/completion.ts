import type { Run } from '../command.ts';
import { completionScript, shells } from '../completion.ts';
import { exitCodes, Failure } from '../failure.ts';

/** Runs the command `completion`, which prints the completion script of a shell. */
export const completion: Run = async ({ terminal, commands }, { positionals }) => {
  const script = completionScript(positionals[0] ?? '', commands);
  if (!script) throw new Failure(exitCodes.usage, `Name a shell: one of ${shells.join(', ')}.`);
  terminal.out(script);
  return exitCodes.ok;
};
