import type { ObjectStore } from '../../store/types.ts';
import { logsPrefix } from './archive-index.ts';

/** The ids of the builds that have an archive, by the name of their tool's ledger. */
export type Archives = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Matches only keys that the writer of an archive makes. Sweep deletes archives, so other objects below the prefix must
 * not match.
 */
const archiveKey = /^([^/]+)\/([^/]+)\/(?:index\.json$|segments\/)/;

/** Lists the archives in a store. @throws ApiError 503 `log_unavailable` */
export const listArchives = async (store: ObjectStore): Promise<Archives> => {
  const archives = new Map<string, Set<string>>();
  for await (const key of store.list(logsPrefix)) {
    const [, ledger, id] = archiveKey.exec(key.slice(logsPrefix.length)) ?? [];
    if (!ledger || !id) continue;
    const ids = archives.get(ledger) ?? new Set();
    archives.set(ledger, ids.add(id));
  }
  return archives;
};
