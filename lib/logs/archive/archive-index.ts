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
  /** Time of the chunk's first line, RFC 3339. */
  time: string;
  /** Name of the segment that holds the chunk. */
  segment: string;
  /** Position of the chunk's gzip file within its segment, in bytes. */
  offset: number;
  /** Length of the chunk's gzip file, in bytes. */
  length: number;
  /** Size of the chunk's uncompressed lines, in bytes. */
  size: number;
  /** CRC-32 of the chunk's gzip file. */
  crc: number;
  /** Cursor of the chunk's last line. */
  cursor: string;
};

/** Version of an archive's index and of the lines in chunks. A change of the ndjson format needs a new version. */
const indexVersion = 2;

/** A note in an archive, with the position of the line that follows the note. */
export type ArchivedNote = NotePosition & { text: string };

/**
 * The index of an archive, which says what the archive holds. A chunk that is in a segment but not in the index does
 * not count.
 */
export type ArchiveIndex = {
  version: typeof indexVersion;
  /**
   * Name of the writer that wrote the index of the archive last. An earlier writer that finds this name in place of its
   * own stops.
   */
  writer: string;
  /** State of the archive: `live` until the archive is closed. */
  state: LogState;
  /** Reason why the archive is truncated or lost. */
  reason?: string;
  /** Names of all steps of the build in the order in which they run; empty until the pod is known. */
  steps: string[];
  /** Names of the steps whose log was read to its end. */
  done: string[];
  notes: ArchivedNote[];
  chunks: Chunk[];
  /** Cursor of the last line in the archive. */
  kept?: string;
  /**
   * Cursor of the last line, at `kept` or before, after which all masks were at rest. A reading of the pod's log begins
   * there, so that a secret which begins before `kept` is masked after `kept` too. Without the field the reading begins
   * at the start of the step's log.
   */
  restart?: string;
  /**
   * Cursor of the last line that the archiver has read. It is later than `kept` if the last lines were not archived
   * because the log is too long.
   */
  seen?: string;
  /**
   * Number of the lines up to `seen`, in the step of `seen`, that are parts which another part continues. Absent if there
   * is none.
   */
  parts?: number;
  /** Size of the texts of an archive's lines with their line ends, in bytes. */
  bytes: number;
  /** Number and size of the lines that were not archived because the log is longer than `maxBytes`. */
  dropped: { lines: number; bytes: number };
};

/** Identifies the archive of one build. */
export type ArchiveLocation = { store: ObjectStore; tool: string; id: string };

/** Prefix of the keys of all archives in the object store. */
export const logsPrefix = 'logs/';

/**
 * Returns the prefix of the keys of a build's archive. The prefix contains the name of the tool's ledger in the place
 * of the tool's name, because a tool's name may be longer than a part of a key.
 */
export const archivePrefixIn = (ledger: string, id: string): string => `${logsPrefix}${ledger}/${id}/`;

/** Returns the prefix of the keys of a build's archive, from the name of the tool. */
export const archivePrefix = (tool: string, id: string): string => archivePrefixIn(ledgerName(tool), id);

/** Returns the key of an archive's index, from the prefix of the archive's keys. */
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
