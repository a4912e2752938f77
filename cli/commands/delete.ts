import { builds, confirm, each, requireChoice } from '../choose.ts';
import { flag, type Run } from '../context.ts';
import { EXIT } from '../failure.ts';

/** Deletes the named builds, or all. */
export const deleteBuilds: Run = async (context, invocation) => {
  requireChoice('delete', invocation);
  const all = flag(invocation.values, 'all');
  const { api } = await context.connect();
  const ids = all ? (await api.list()).builds.map((build) => build.build_id) : invocation.positionals;
  if (ids.length > 0) await confirm(context, invocation, `I'm going to delete ${builds(ids.length)}, continue?`);
  const { done, exitCode } = await each(context, ids, (id) => api.remove(id), all ? EXIT.notFound : undefined);
  context.terminal.out(`Deleted ${builds(done)}`);
  return exitCode;
};
