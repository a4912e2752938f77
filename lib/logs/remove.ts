import type { ObjectStore } from '../store/types.ts';
import { archivePrefix, indexKey } from './archive-index.ts';

/** Removes a build's archived log: the index first, so that no reader finds half of it. Without one it does nothing. */
export const removeArchive = async (store: ObjectStore, tool: string, id: string): Promise<void> => {
  await store.remove(indexKey({ store, tool, id }));
  for await (const key of store.list(archivePrefix(tool, id))) await store.remove(key);
};
