import { createSweep, type SweepOptions } from '../../../../events/sweep/handler.ts';
import { startBuild } from '../../../../lib/builds/start.ts';
import { removeArchive } from '../../../../lib/logs/archive/remove.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import type { World } from '../../lib/builds/world.ts';

/** A line that a sweep has logged: its message and its fields. */
export type Line = Record<string, unknown>;

/** Makes the sweep of a world, an hour ahead of the world's other processes. @param logged gets each logged line */
export const sweepIn = (
  world: World,
  options: Partial<SweepOptions> & { store: ObjectStore },
  logged: Line[],
): ReturnType<typeof createSweep> => {
  const { context } = world.instance({ isImmediate: true, skewMs: 60 * 60 * 1000 });
  const log = (_: string, message: string, fields: object = {}) => void logged.push({ message, ...fields });
  const removeLog = (tool: string, id: string) => removeArchive(options.store, tool, id);
  const more = { log, removeLog, allowedSteps: [], findSecrets: () => [], saveKeys: async () => undefined };
  return createSweep({ ...context, ...more, ...options } as unknown as SweepOptions);
};

/** Starts a build as a process of its own. */
export const startIn = (world: World, tool: string): ReturnType<typeof startBuild> => {
  const { context } = world.instance({ isImmediate: true });
  return startBuild(context, tool, { source_url: 'https://example.org/x' }, undefined, new AbortController().signal);
};
