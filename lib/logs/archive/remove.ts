import type { ObjectStore } from '../../store/types.ts';
import { archivePrefix, archivePrefixIn, indexKeyBelow } from './archive-index.ts';

/** The index first, so that no reader finds half of it. */
const removeBelow = async (store: ObjectStore, prefix: string): Promise<void> => {
  await store.remove(indexKeyBelow(prefix));
  for await (const key of store.list(prefix)) await store.remove(key);
};

/** Removes a build's archived log. Without one it does nothing. */
export const removeArchive = (store: ObjectStore, tool: string, id: string): Promise<void> =>
  removeBelow(store, archivePrefix(tool, id));

/** The same where only the name is known that the tool's ledger had. */
export const removeArchiveIn = (store: ObjectStore, ledger: string, id: string): Promise<void> =>
  removeBelow(store, archivePrefixIn(ledger, id));
