import { showJson, showLines } from '../builds.ts';
import { flag, printJson, type Run, tellMessages } from '../context.ts';
import { EXIT } from '../failure.ts';

/** Prints one build, the newest when none is named. */
export const show: Run = async (context, { values, positionals }) => {
  const { api } = await context.connect();
  const id = positionals[0];
  const answer = await (id === undefined ? api.latest() : api.get(id));
  if (flag(values, 'json')) {
    printJson(context, showJson(answer));
    return EXIT.ok;
  }
  tellMessages(context, answer.messages);
  for (const line of showLines(answer.build, context.terminal)) context.terminal.out(line);
  return EXIT.ok;
};
