import { isDeepStrictEqual } from 'node:util';
import { fairShares, registerWaiting } from '../capacity/state.ts';
import type { BuildsContext } from './context.ts';

/** Limit of the rounds in which one process gives away slots. Other processes that change the capacity do the same. */
const maxRounds = 20;

/** Ends a tool's wait, so that the slot goes to the next tool. The tool's own next reconcile registers it again. */
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
    context.log('WARNING', 'a queued build is passed over until the next sweep', { tool, error: result.reason });
    await passOver(context, tool);
  }
};

/**
 * Gives the cluster's free slots to the tools whose turn it is, until no slot is free, no tool waits, or a round changes
 * nothing. A tool that cannot be promoted does not keep the others waiting.
 */
export const dispatch = async (context: BuildsContext, promote: (tool: string) => Promise<unknown>): Promise<void> => {
  const { capacity } = context;
  const { slots } = capacity;
  if (slots === undefined) return;
  let before = await capacity.read();
  for (let round = 0; round < maxRounds; round += 1) {
    // The shares are computed anew in every round: another tool's turn may come once the first tools have their slots.
    const tools = [...fairShares(before, slots).keys()];
    if (tools.length === 0) return;
    await promoteAll(context, tools, promote);
    const after = await capacity.read();
    if (isDeepStrictEqual(after, before)) return;
    before = after;
  }
};
