import { confirm } from '../choose.ts';
import { flag, printJson, type Run, tellMessages } from '../context.ts';
import { EXIT } from '../failure.ts';
import { neutral } from '../plain.ts';

const QUESTION =
  'This removes all images of the tool. Before a webservice or job can start again, a new build has to make a new image. Continue?';

/** Deletes the tool's images. */
export const clean: Run = async (context, invocation) => {
  await confirm(context, invocation, QUESTION);
  const { api } = await context.connect();
  context.terminal.waiting('Deleting images…');
  const answer = await api.clean();
  context.terminal.settle();
  if (flag(invocation.values, 'json')) {
    printJson(context, answer);
    return EXIT.ok;
  }
  // What was deleted is this command's output.
  for (const line of answer.messages.info ?? []) context.terminal.out(neutral(line));
  tellMessages(context, { ...answer.messages, info: [] });
  return EXIT.ok;
};
