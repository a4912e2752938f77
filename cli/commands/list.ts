import { flag, printJson, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { listJson, listLines } from '../format-builds.ts';

/** Runs the command `list`, which prints the tool's builds, newest first. */
export const list: Run = async (context, { values }) => {
  const { api } = await context.connect();
  const response = await api.list();
  if (flag(values, 'json')) {
    printJson(context, listJson(response));
    return exitCodes.ok;
  }
  printMessages(context, response.messages);
  if (response.builds.length === 0) {
    context.terminal.info('No builds found. Start one: see `toolforge-build start --help`.');
    return exitCodes.ok;
  }
  for (const line of await listLines(response.builds, context.terminal)) context.terminal.out(line);
  return exitCodes.ok;
};
