import { showJson } from '../builds.ts';
import { idOrLatest } from '../choose.ts';
import { flag, printJson, type Run } from '../context.ts';
import { goesOn, tellEnd, waitForEnd } from '../watch.ts';

/** Waits until a build has ended, the newest when none is named; fails when the build does. */
export const wait: Run = async (context, invocation) => {
  const watching = await context.connect();
  const id = await idOrLatest(watching.api, invocation);
  goesOn(context, id);
  const ended = await waitForEnd(context, watching, id);
  if (flag(invocation.values, 'json')) printJson(context, showJson(ended));
  return tellEnd(context, ended);
};
