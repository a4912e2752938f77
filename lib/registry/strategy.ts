import type { MaybeSignal } from '../abort.ts';
import type { Storage } from './sizes.ts';

/** Result of deleting a tool's images: the number of images, and the repositories that they were in. */
export type Cleaned = { deleted: number; repositories: string[] };

/** The operations on a tool's images that work differently in Harbor and in other registries. */
export type Strategy = {
  /**
   * Returns the storage of a project. Undefined where the project does not exist; no `limitBytes` where the registry
   * has no limit.
   */
  storage(project: string, signal: MaybeSignal): Promise<Partial<Storage> | undefined>;
  clean(project: string, signal: MaybeSignal): Promise<Cleaned>;
};
