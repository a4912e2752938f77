import { listJson, listLines } from '../builds.ts';
import { flag, printJson, type Run, tellMessages } from '../context.ts';
import { EXIT } from '../failure.ts';

/** Prints the tool's builds, newest first. */
export const list: Run = async (context, { values }) => {
  const { api } = await context.connect();
  const answer = await api.list();
  if (flag(values, 'json')) {
    printJson(context, listJson(answer));
    return EXIT.ok;
  }
  tellMessages(context, answer.messages);
  if (answer.builds.length === 0) {
    context.terminal.info('No builds found. Start one: see `toolforge-build start --help`.');
    return EXIT.ok;
  }
  for (const line of listLines(answer.builds, context.terminal)) context.terminal.out(line);
  return EXIT.ok;
};
