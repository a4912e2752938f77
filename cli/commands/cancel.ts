import { confirm, countBuilds, forEachBuild, printDone, requireIdsOrAll } from '../build-ids.ts';
import { flag, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { hasEnded } from '../format-builds.ts';

/**
 * Runs the command `cancel`, which cancels the named builds, or with --all every queued and running build of the tool.
 */
export const cancel: Run = async (context, invocation) => {
  requireIdsOrAll('cancel', invocation);
  const all = flag(invocation.values, 'all');
  const { api } = await context.connect();
  const ids = all
    ? (await api.list()).builds.filter((build) => !hasEnded(build)).map((build) => build.build_id)
    : [...new Set(invocation.positionals)];
  if (ids.length > 0) await confirm(context, invocation, `I'm going to cancel ${countBuilds(ids.length)}, continue?`);
  const cancelBuild = async (id: string) => printMessages(context, (await api.cancel(id)).messages);
  const outcome = await forEachBuild(context, ids, cancelBuild, all ? exitCodes.refused : undefined);
  return printDone(context, 'Cancelled', outcome);
};
