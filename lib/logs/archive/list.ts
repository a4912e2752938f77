import type { ObjectStore } from '../../store/types.ts';
import { logsPrefix } from './archive-index.ts';

/** The ids of the builds that have anything archived, by the names of their tools' ledgers. */
export type Archives = ReadonlyMap<string, ReadonlySet<string>>;

/** What a writer makes: sweep deletes archives, so it must not take for one what somebody else keeps there. */
const archiveKey = /^([^/]+)\/([^/]+)\/(?:index\.json$|segments\/)/;

/** @throws ApiError 503 `log_unavailable` */
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
