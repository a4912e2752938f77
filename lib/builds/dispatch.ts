import { isDeepStrictEqual } from 'node:util';
import { fairShares, registerWaiting } from '../capacity/state.ts';
import type { BuildsContext } from './context.ts';

/** Whoever changes the capacity meanwhile sees to its slots as well. */
const maxRounds = 20;

/** Its turn is over, and the slot the next tool's. Its own next reconcile lets it wait again. */
const passOver = async ({ capacity, log }: BuildsContext, tool: string): Promise<void> => {
  try {
    await capacity.change((state) => ({ state: registerWaiting(state, tool, 0, ''), result: undefined }));
  } catch (error) {
    log('WARNING', 'a tool that could not be promoted keeps its turn', { tool, error });
  }
};

const promoteAll = async (
  context: BuildsContext,
  tools: readonly string[],
  promote: (tool: string) => Promise<unknown>,
): Promise<void> => {
  const results = await Promise.allSettled(tools.map(promote));
  for (const [at, result] of results.entries()) {
    const tool = tools[at];
    if (result.status === 'fulfilled' || tool === undefined) continue;
    context.log('WARNING', 'a build that waits is passed over until the next sweep', { tool, error: result.reason });
    await passOver(context, tool);
  }
};

/**
 * Gives free slots of the cluster to the tools whose turn it is, until none is free, nobody waits, or nothing comes of
 * it. A tool that can't be helped now does not keep the others waiting.
 */
export const dispatch = async (context: BuildsContext, promote: (tool: string) => Promise<unknown>): Promise<void> => {
  const { capacity } = context;
  const { slots } = capacity;
  if (slots === undefined) return;
  let seen = await capacity.read();
  for (let round = 0; round < maxRounds; round += 1) {
    // Once the first of them have theirs, it may be another's turn than it seemed.
    const next = [...fairShares(seen, slots).keys()];
    if (next.length === 0) return;
    await promoteAll(context, next, promote);
    const now = await capacity.read();
    if (isDeepStrictEqual(now, seen)) return;
    seen = now;
  }
};
