import { withTimeout } from '../abort.ts';
import { ApiError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Registry } from './registry.ts';
import type { Storage } from './sizes.ts';

/** Returns the storage that a tool's images use. Undefined where the registry does not tell. */
type StorageLookup = (tool: string, signal: AbortSignal) => Promise<Storage | undefined>;

/** Time limit for the registry while a build starts, in milliseconds. After that, the build starts without a warning. */
const startTimeoutMs = 2000;

/**
 * Makes the lookup of a tool's storage for the response of start-build. The lookup returns undefined when the registry is
 * slow or down, so that no start fails because of a warning. Where storage has no limit, it sends no request.
 */
export const storageForStart =
  (registry: Registry): StorageLookup =>
  async (tool, signal) => {
    if (!registry.isLimited) return undefined;
    try {
      return await registry.storage(tool, withTimeout(startTimeoutMs, signal));
    } catch {
      return undefined;
    }
  };

/** Time limit for the registry while a quota is read, in milliseconds. After that, the quota leaves out the registry. */
const quotaTimeoutMs = 5000;

const isRefusal = (error: unknown): boolean => error instanceof ApiError && error.code === 'registry_refused';

/**
 * Makes the lookup of a tool's storage for the response of quota. The lookup makes the tool's project where it is missing.
 * It returns undefined when the registry is slow or down, so that the other quotas are shown then too.
 * @throws ApiError 503 registry_refused, from each call of the lookup
 */
export const storageForQuota =
  (registry: Registry, log: Log): StorageLookup =>
  async (tool, signal) => {
    const inTime = withTimeout(quotaTimeoutMs, signal);
    try {
      await registry.prepare(tool, inTime);
      const storage = await registry.storage(tool, inTime);
      if (!storage) log('WARNING', 'the registry shows no quota, check the permissions of its account', { tool });
      return storage;
    } catch (error) {
      if (isRefusal(error)) throw error;
      if (!signal.aborted) log('WARNING', 'a quota leaves out the registry', { tool, error });
      return undefined;
    }
  };
