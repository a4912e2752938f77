import type { MaybeSignal } from '../abort.ts';
import type { Storage } from './sizes.ts';

/** Result of deleting a tool's images: the number of images, and the repositories that they were in. */
export type Cleaned = { deleted: number; repositories: string[] };

/** The operations on a tool's images that work differently in Harbor and in other registries. */
export type Strategy = {
  /**
   * Makes the project where it is missing, so that images can be pushed to it and be pulled by everybody.
   * @throws ApiError 503 registry_refused or registry_unavailable
   */
  prepare(project: string, signal: MaybeSignal): Promise<void>;
  /**
   * Returns the storage of a project. Empty where the project does not exist; no `limitBytes` where the registry has no
   * limit. Undefined where the registry does not tell.
   */
  storage(project: string, signal: MaybeSignal): Promise<Partial<Storage> | undefined>;
  clean(project: string, signal: MaybeSignal): Promise<Cleaned>;
};
