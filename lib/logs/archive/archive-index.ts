import { ledgerName } from '../../ledger/names.ts';
import type { LogState } from '../../ledger/types.ts';
import { storeFailure } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/types.ts';
import type { NotePosition } from '../types.ts';

/**
 * A compressed part of one step's log: masked lines in the format ndjson (response/encode.ts), as a complete gzip file whose
 * compressed data can be sent without being decompressed (response/compress.ts).
 */
export type Chunk = {
  step: string;
  /** 0-based number of the chunk's first line within the step. */
  line: number;
  /** Number of lines in the chunk. */
  lines: number;
  /** Time of the first line, RFC 3339. */
  time: string;
  /** Name of the segment that holds the chunk. */
  segment: string;
  /** Position of the gzip file within the segment, in bytes. */
  offset: number;
  /** Length of the gzip file, in bytes. */
  length: number;
  /** Length of the lines, uncompressed, in bytes. */
  size: number;
  /** CRC-32 of the gzip file. */
  crc: number;
  /** Cursor of the last line. */
  cursor: string;
};

/** Version of the index and of the lines in chunks. A change of the ndjson format needs a new version. */
const indexVersion = 2;

/** A note in an archive, with the position of the line that follows the note. */
export type ArchivedNote = NotePosition & { text: string };

/** The object that says what an archive holds. A chunk that is in a segment but not in the index does not count. */
export type ArchiveIndex = {
  version: typeof indexVersion;
  /** Name of the writer that wrote the index last. An earlier writer that reads another name here stops. */
  writer: string;
  /** `live` until the archive is closed. */
  state: LogState;
  /** Says why the archive is truncated or lost. */
  reason?: string;
  /** Names of all steps in their order; empty until the pod is known. */
  steps: string[];
  /** Names of the steps whose log was read to its end. */
  done: string[];
  notes: ArchivedNote[];
  chunks: Chunk[];
  /** Cursor of the last line in the archive. */
  kept?: string;
  /** Cursor of the last line that the writer read. It is later than `kept` when lines were dropped. */
  seen?: string;
  /** Size of the archived lines' texts with their line ends, in bytes. */
  bytes: number;
  /** Lines that were not archived because the log is longer than `maxBytes`. */
  dropped: { lines: number; bytes: number };
};

/** Identifies the archive of one build. */
export type ArchiveLocation = { store: ObjectStore; tool: string; id: string };

/** The prefix of the keys of all archives. */
export const logsPrefix = 'logs/';

/**
 * Returns the prefix of an archive's keys from the name of the tool's ledger. The key has the ledger's name in the place
 * of the tool's, because a tool's name may be longer than a part of a key.
 */
export const archivePrefixIn = (ledger: string, id: string): string => `${logsPrefix}${ledger}/${id}/`;

/** Returns the prefix of an archive's keys. */
export const archivePrefix = (tool: string, id: string): string => archivePrefixIn(ledgerName(tool), id);

/** Returns the key of the index from the prefix of an archive's keys. */
export const indexKeyBelow = (prefix: string): string => `${prefix}index.json`;

/** Returns the key of an archive's index. */
export const indexKey = ({ tool, id }: ArchiveLocation): string => indexKeyBelow(archivePrefix(tool, id));

/** Returns the key of one segment of an archive. */
export const segmentKey = ({ tool, id }: ArchiveLocation, segment: string): string =>
  `${archivePrefix(tool, id)}segments/${segment}`;

/** Returns the index of an archive without lines. */
export const emptyIndex = (): ArchiveIndex => ({
  version: indexVersion,
  writer: '',
  state: 'live',
  steps: [],
  done: [],
  notes: [],
  chunks: [],
  bytes: 0,
  dropped: { lines: 0, bytes: 0 },
});

const isIndex = (value: unknown): value is ArchiveIndex =>
  typeof value === 'object' &&
  value !== null &&
  (value as ArchiveIndex).version === indexVersion &&
  Array.isArray((value as ArchiveIndex).chunks);

/**
 * Reads the index of an archive; undefined when the build has no archive.
 * @throws ApiError 503 `log_unavailable` when the store fails or the stored object is no index of this version
 */
export const readIndex = async (location: ArchiveLocation): Promise<ArchiveIndex | undefined> => {
  const bytes = await location.store.get(indexKey(location));
  if (!bytes) return undefined;
  try {
    const index: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (isIndex(index)) return index;
    throw new Error(`the object ${indexKey(location)} is not an archive's index of version ${indexVersion}`);
  } catch (error) {
    throw storeFailure(error);
  }
};

/** Writes the index of an archive. @throws ApiError 503 `log_unavailable` */
export const writeIndex = (location: ArchiveLocation, index: ArchiveIndex): Promise<void> =>
  location.store.put(indexKey(location), Buffer.from(JSON.stringify(index)));

/** Returns the number of archived lines of a step. */
export const lineCount = ({ chunks }: ArchiveIndex, step: string): number => {
  const last = chunks.findLast((chunk) => chunk.step === step);
  return last ? last.line + last.lines : 0;
};
