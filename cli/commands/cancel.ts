import { isUnderWay } from '../builds.ts';
import { builds, confirm, each, requireChoice } from '../choose.ts';
import { flag, type Run, tellMessages } from '../context.ts';
import { EXIT } from '../failure.ts';

/** Cancels the named builds, or all that wait or run. */
export const cancel: Run = async (context, invocation) => {
  requireChoice('cancel', invocation);
  const all = flag(invocation.values, 'all');
  const { api } = await context.connect();
  const ids = all
    ? (await api.list()).builds.filter(isUnderWay).map((build) => build.build_id)
    : invocation.positionals;
  if (ids.length > 0) await confirm(context, invocation, `I'm going to cancel ${builds(ids.length)}, continue?`);
  const act = async (id: string) => tellMessages(context, (await api.cancel(id)).messages);
  const { done, exitCode } = await each(context, ids, act, all ? EXIT.refused : undefined);
  context.terminal.out(`Cancelled ${builds(done)}`);
  return exitCode;
};
