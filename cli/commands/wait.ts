import { flag, printJson, type Run } from '../command.ts';
import { printEnd, setFarewell, waitForEnd } from '../follow-build.ts';
import { showJson } from '../format-builds.ts';
import { aboutBuild, namedBuild } from '../named-builds.ts';

/**
 * Runs the command `wait`, which waits until a build has ended, by default the newest build. The exit code tells
 * whether the build succeeded.
 */
export const wait: Run = async (context, invocation) => {
  const connection = await context.connect();
  const id = await namedBuild(connection.api, invocation);
  setFarewell(context, id);
  const ended = await aboutBuild(connection.api, id, () => waitForEnd(context, connection, id));
  if (flag(invocation.values, 'json')) printJson(context, showJson(ended));
  return printEnd(context, ended);
};
