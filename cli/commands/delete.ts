import { confirm, countBuilds, forEachBuild, printDone, requireIdsOrAll } from '../build-ids.ts';
import { flag, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';

/** Runs the command `delete`, which deletes the named builds, or with --all every build of the tool. */
export const deleteBuilds: Run = async (context, invocation) => {
  requireIdsOrAll('delete', invocation);
  const all = flag(invocation.values, 'all');
  const { api } = await context.connect();
  const ids = all ? (await api.list()).builds.map((build) => build.build_id) : [...new Set(invocation.positionals)];
  if (ids.length > 0) await confirm(context, invocation, `I'm going to delete ${countBuilds(ids.length)}, continue?`);
  const outcome = await forEachBuild(context, ids, (id) => api.remove(id), all ? exitCodes.notFound : undefined);
  return printDone(context, 'Deleted', outcome);
};
