import { withTimeout } from '../abort.ts';
import type { Registry } from './registry.ts';
import type { Storage } from './sizes.ts';

type StorageLookup = (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;

/**
 * Makes a lookup of a tool's storage with a time limit in milliseconds. The lookup returns undefined when the registry
 * is slow or down, so that a client's request does not fail because of the registry.
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

/**
 * Makes the lookup of a tool's storage that decides whether a build may start. Where storage has no limit, the lookup
 * sends no request to the registry.
 */
export const storageForStart = (registry: Registry): StorageLookup =>
  registry.isLimited ? storageInTime(registry, startTimeoutMs) : async () => undefined;
