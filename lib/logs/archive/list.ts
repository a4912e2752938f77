import type { ObjectStore } from '../../store/types.ts';
import { logsPrefix } from './archive-index.ts';

/** Names an archive: the name of the ledger of the build's tool, and the build's id. */
export type ArchiveName = { ledger: string; id: string };

/**
 * Matches only keys that the writer of an archive makes. Sweep deletes archives, so other objects below the prefix must
 * not match.
 */
const archiveKey = /^([^/]+)\/([^/]+)\/(?:index\.json$|segments\/)/;

async function* archivesOf(keys: AsyncIterable<string>): AsyncGenerator<ArchiveName> {
  for await (const key of keys) {
    const [, ledger, id] = archiveKey.exec(key.slice(logsPrefix.length)) ?? [];
    if (ledger && id) yield { ledger, id };
  }
}

/**
 * Lists the archives in a store, or those of one ledger only. An archive is named again for each of its objects.
 * @throws ApiError 503 `log_unavailable`
 */
export const listArchives = (store: ObjectStore, ofLedger?: string): AsyncGenerator<ArchiveName> =>
  archivesOf(store.list(ofLedger === undefined ? logsPrefix : `${logsPrefix}${ofLedger}/`));

/**
 * Lists the archives in a store from a place on, and then those before it.
 * @param place lower-case letters and digits. All archives of one ledger are on the same side of the place
 * @throws ApiError 503 `log_unavailable`
 */
export async function* listArchivesFrom(store: ObjectStore, place: string): AsyncGenerator<ArchiveName> {
  yield* archivesOf(store.list(logsPrefix, `${logsPrefix}${place}`));
  for await (const archive of listArchives(store)) {
    if (archive.ledger >= place) return;
    yield archive;
  }
}
