import { confirm } from '../build-ids.ts';
import { flag, printJson, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { printable } from '../printable.ts';

const question =
  'This removes all images of the tool. Before a webservice or job can start again, a new build has to make a new image. Continue?';

/** Runs the command `clean`, which deletes all images of the tool. */
export const clean: Run = async (context, invocation) => {
  await confirm(context, invocation, question);
  const { api } = await context.connect();
  context.terminal.waiting('Deleting images…');
  const response = await api.clean();
  context.terminal.clearSpinner();
  if (flag(invocation.values, 'json')) {
    printJson(context, response);
    return exitCodes.ok;
  }
  // The API's informational messages name the deleted images. They are the result of the command `clean`, so they go to
  // standard output.
  for (const line of response.messages.info ?? []) context.terminal.out(printable(line));
  printMessages(context, { ...response.messages, info: [] });
  return exitCodes.ok;
};
