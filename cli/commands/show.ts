import { flag, printJson, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { showJson, showLines } from '../format-builds.ts';

/** Runs the command `show`, which prints one build, by default the newest build of the tool. */
export const show: Run = async (context, { values, positionals }) => {
  const { api } = await context.connect();
  const id = positionals[0];
  const response = await (id === undefined ? api.latest() : api.get(id));
  if (flag(values, 'json')) {
    printJson(context, showJson(response));
    return exitCodes.ok;
  }
  printMessages(context, response.messages);
  for (const line of showLines(response.build, context.terminal)) context.terminal.out(line);
  return exitCodes.ok;
};
