import type { ObjectStore } from '../../store/types.ts';
import { logsPrefix } from './archive-index.ts';

/** Names an archive: the name of the ledger of the build's tool, and the build's id. */
export type ArchiveName = { ledger: string; id: string };

/**
 * Matches only keys that the writer of an archive makes. Sweep deletes archives, so other objects below the prefix must
 * not match.
 */
const archiveKey = /^([^/]+)\/([^/]+)\/(?:index\.json$|segments\/)/;

/**
 * Lists the archives in a store, or those of one ledger only. An archive is named again for each of its objects.
 * @throws ApiError 503 `log_unavailable`
 */
export async function* listArchives(store: ObjectStore, ofLedger?: string): AsyncGenerator<ArchiveName> {
  const prefix = ofLedger === undefined ? logsPrefix : `${logsPrefix}${ofLedger}/`;
  for await (const key of store.list(prefix)) {
    const [, ledger, id] = archiveKey.exec(key.slice(logsPrefix.length)) ?? [];
    if (ledger && id) yield { ledger, id };
  }
}
