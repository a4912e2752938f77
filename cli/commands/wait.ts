import { idOrLatest } from '../build-ids.ts';
import { flag, printJson, type Run } from '../command.ts';
import { printEnd, setFarewell, waitForEnd } from '../follow-build.ts';
import { showJson } from '../format-builds.ts';

/** Waits until a build, by default the newest, has ended. The exit code tells whether the build succeeded. */
export const wait: Run = async (context, invocation) => {
  const connection = await context.connect();
  const id = await idOrLatest(connection.api, invocation);
  setFarewell(context, id);
  const ended = await waitForEnd(context, connection, id);
  if (flag(invocation.values, 'json')) printJson(context, showJson(ended));
  return printEnd(context, ended);
};
