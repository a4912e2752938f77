import { withTimeout } from '../abort.ts';
import type { Registry } from './registry.ts';
import type { Storage } from './sizes.ts';

type Ask = (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;

/** Storage within a time limit; undefined when the registry is slow or down, as nothing may wait or fail for a number. */
export const storageInTime =
  (registry: Registry, timeoutMs: number): Ask =>
  async (tool, signal) => {
    try {
      return await registry.storage(tool, withTimeout(timeoutMs, signal));
    } catch {
      return undefined;
    }
  };

const startWaitsMs = 2000;

/** What a start must know of storage: nothing where nothing limits it. */
export const storageForStart = (registry: Registry): Ask =>
  registry.isLimited ? storageInTime(registry, startWaitsMs) : async () => undefined;
