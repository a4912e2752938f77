import { COMMANDS } from '../commands.ts';
import { completionScript, SHELLS } from '../completion.ts';
import type { Run } from '../context.ts';
import { EXIT, Failure } from '../failure.ts';

/** Prints a shell's completion script. */
export const completion: Run = async ({ terminal }, { positionals }) => {
  const script = completionScript(positionals[0] ?? '', COMMANDS);
  if (!script) throw new Failure(EXIT.usage, `Which shell? One of ${SHELLS.join(', ')}.`);
  terminal.out(script);
  return EXIT.ok;
};
