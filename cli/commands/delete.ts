import type { Api } from '../api.ts';
import { confirm, forEachBuild, printDone, questionFor, requireIdsOrAll, type Targets } from '../build-ids.ts';
import { flag, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { aboutBuild, namedBuilds } from '../named-builds.ts';

const allBuilds = async (api: Api): Promise<Targets> => ({
  ids: (await api.list()).builds.map((build) => build.build_id),
  failures: [],
});

/** Runs the command `delete`, which deletes the named builds, or with --all every build of the tool. */
export const deleteBuilds: Run = async (context, invocation) => {
  requireIdsOrAll('delete', invocation);
  const all = flag(invocation.values, 'all');
  const { api } = await context.connect();
  const targets = all ? await allBuilds(api) : await namedBuilds(api, invocation);
  if (targets.ids.length > 0) await confirm(context, invocation, questionFor('delete', targets, invocation));
  const remove = (id: string) => (all ? api.remove(id) : aboutBuild(api, id, () => api.remove(id)));
  const outcome = await forEachBuild(context, targets, remove, all ? exitCodes.notFound : undefined);
  return printDone(context, 'Deleted', outcome);
};
