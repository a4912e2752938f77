import type { GetResponse } from '../../openapi/generated/types.ts';
import type { Api } from '../api.ts';
import { flag, type Invocation, printJson, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { showJson, showLines } from '../format-builds.ts';
import { aboutBuild, isLatest, namedBuild } from '../named-builds.ts';

const shownBuild = async (api: Api, invocation: Invocation): Promise<GetResponse> => {
  if (isLatest(invocation.positionals[0])) return api.latest();
  const id = await namedBuild(api, invocation);
  return aboutBuild(api, id, () => api.get(id));
};

/** Runs the command `show`, which prints one build, by default the newest build of the tool. */
export const show: Run = async (context, invocation) => {
  const { api } = await context.connect();
  const response = await shownBuild(api, invocation);
  if (flag(invocation.values, 'json')) {
    printJson(context, showJson(response));
    return exitCodes.ok;
  }
  printMessages(context, response.messages);
  for (const line of showLines(response.build, context.terminal)) context.terminal.out(line);
  return exitCodes.ok;
};
