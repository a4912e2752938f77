import type { Registry } from './registry.ts';
import type { Storage } from './sizes.ts';

/** Storage within a time limit; undefined when the registry is slow or down, as nothing may wait or fail for a number. */
export const storageInTime =
  (registry: Registry, timeoutMs: number) =>
  async (tool: string, signal: AbortSignal): Promise<Storage | undefined> => {
    try {
      return await registry.storage(tool, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    } catch {
      return undefined;
    }
  };
