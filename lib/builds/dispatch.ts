import { isDeepStrictEqual } from 'node:util';
import { fairShares, registerWaiting } from '../capacity/state.ts';
import type { BuildsContext } from './context.ts';

/**
 * Limit of rounds in which one call gives free slots to waiting tools. Slots that remain free go to tools at the next
 * reconcile of any tool.
 */
const maxRounds = 20;

/**
 * Removes a tool whose builds can't be promoted from the waiting tools, so that the next tool gets the slot. The tool's
 * next reconcile registers the tool as waiting again.
 */
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
 * Gives the cluster's free slots to the tools whose turn it is, until no slot is free, no tool waits, or a round
 * changes nothing. A tool whose builds can't be promoted does not keep other tools waiting.
 * @param promote reconciles a tool, which promotes its first queued builds
 */
export const dispatch = async (context: BuildsContext, promote: (tool: string) => Promise<unknown>): Promise<void> => {
  const { capacity } = context;
  const { slots } = capacity;
  if (slots === undefined) return;
  let before = await capacity.read();
  for (let round = 0; round < maxRounds; round += 1) {
    // Each round computes the tools' fair shares of the free slots anew, because other tools may have their turn once
    // the first tools have their slots.
    const tools = [...fairShares(before, slots).keys()];
    if (tools.length === 0) return;
    await promoteAll(context, tools, promote);
    const after = await capacity.read();
    if (isDeepStrictEqual(after, before)) return;
    before = after;
  }
};
