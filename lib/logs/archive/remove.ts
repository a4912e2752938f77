import type { ObjectStore } from '../../store/types.ts';
import { archivePrefix, archivePrefixIn, indexKeyBelow } from './archive-index.ts';

/** Removes all objects of an archive, the index first, so that no reader finds an index whose segments are gone. */
const removeBelow = async (store: ObjectStore, prefix: string): Promise<void> => {
  await store.remove(indexKeyBelow(prefix));
  for await (const key of store.list(prefix)) await store.remove(key);
};

/** Removes the archive of a build, if there is one. @throws ApiError 503 `log_unavailable` */
export const removeArchive = (store: ObjectStore, tool: string, id: string): Promise<void> =>
  removeBelow(store, archivePrefix(tool, id));

/** Removes the archive of a build whose tool is known only by the name of its ledger. @throws ApiError 503 `log_unavailable` */
export const removeArchiveIn = (store: ObjectStore, ledger: string, id: string): Promise<void> =>
  removeBelow(store, archivePrefixIn(ledger, id));
