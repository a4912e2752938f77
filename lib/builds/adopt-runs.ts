import { knownIds } from '../ledger/gone.ts';
import type { BuildsContext } from './context.ts';
import { findRun, isUnadopted, listRuns } from './observe.ts';
import { reconcile } from './reconcile.ts';

/**
 * Adopts the runs of a tool that builds-api made, before a client's change that depends on them: a start, which must
 * count them, or a change of a build that the ledger does not know. A client that sends its changes to this service no
 * longer sends them to builds-api, so its runs are adopted with the setting `show` too.
 * @param id the only run that matters. Default: all runs of the tool
 * @returns whether runs were adopted
 */
export const adoptRuns = async (context: BuildsContext, tool: string, id?: string): Promise<boolean> => {
  const { buildsApiRuns, kube, ledger } = context;
  if (buildsApiRuns === 'ignore') return false;
  const runs = id === undefined ? [...(await listRuns(kube, tool)).values()] : [await findRun(kube, tool, id)];
  const known = knownIds((await ledger.read(tool)).state);
  const isNew = runs.some((run) => run !== undefined && isUnadopted(run, known));
  if (isNew) await reconcile(context, tool, true);
  return isNew;
};
