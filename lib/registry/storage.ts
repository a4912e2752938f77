import { withTimeout } from '../abort.ts';
import type { Registry } from './registry.ts';
import type { Storage } from './sizes.ts';

type StorageLookup = (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;

/**
 * Makes a lookup of a tool's storage with a time limit in milliseconds. The lookup returns undefined when the registry
 * is
 * slow or down: no request fails because of this number.
 */
export const storageInTime =
  (registry: Registry, timeoutMs: number): StorageLookup =>
  async (tool, signal) => {
    try {
      return await registry.storage(tool, withTimeout(timeoutMs, signal));
    } catch {
      return undefined;
    }
  };

const startTimeoutMs = 2000;

/** Makes the lookup that decides whether a build may start. Without a limit of storage it sends no request. */
export const storageForStart = (registry: Registry): StorageLookup =>
  registry.isLimited ? storageInTime(registry, startTimeoutMs) : async () => undefined;
