import type { Api } from '../api.ts';
import { confirm, forEachBuild, printDone, questionFor, requireIdsOrAll, type Targets } from '../build-ids.ts';
import { flag, printMessages, type Run } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { hasEnded } from '../format-builds.ts';
import { aboutBuild, namedBuilds } from '../named-builds.ts';

const unfinishedBuilds = async (api: Api): Promise<Targets> => ({
  ids: (await api.list()).builds.filter((build) => !hasEnded(build)).map((build) => build.build_id),
  failures: [],
});

/**
 * Runs the command `cancel`, which cancels the named builds, or with --all every queued and running build of the tool.
 */
export const cancel: Run = async (context, invocation) => {
  requireIdsOrAll('cancel', invocation);
  const all = flag(invocation.values, 'all');
  const { api } = await context.connect();
  const targets = all ? await unfinishedBuilds(api) : await namedBuilds(api, invocation);
  if (targets.ids.length > 0) await confirm(context, invocation, questionFor('cancel', targets, invocation));
  const cancelBuild = async (id: string) => printMessages(context, (await api.cancel(id)).messages);
  const cancelNamed = (id: string) => aboutBuild(api, id, () => cancelBuild(id));
  const outcome = await forEachBuild(
    context,
    targets,
    all ? cancelBuild : cancelNamed,
    all ? exitCodes.refused : undefined,
  );
  return printDone(context, 'Cancelled', outcome);
};
