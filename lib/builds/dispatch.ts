import { shares } from '../capacity/machine.ts';
import type { BuildsContext } from './context.ts';

/**
 * Gives free slots of the cluster to the tools whose turn it is, until none is free or nobody waits. Each tool is looked
 * at once, so this ends; one that can't be helped now does not keep the others waiting.
 */
export const dispatch = async (
  { capacity, log }: BuildsContext,
  promote: (tool: string) => Promise<unknown>,
): Promise<void> => {
  const { slots } = capacity;
  if (slots === undefined) return;
  const tried = new Set<string>();
  for (;;) {
    const next = [...shares(await capacity.read(), slots).keys()].filter((tool) => !tried.has(tool));
    if (next.length === 0) return;
    for (const tool of next) tried.add(tool);
    const results = await Promise.allSettled(next.map(promote));
    for (const [at, result] of results.entries()) {
      if (result.status === 'rejected')
        log('WARNING', 'a free slot waits for the next sweep', { tool: next[at], error: result.reason });
    }
  }
};
