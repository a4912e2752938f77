import { ledgerName } from '../../ledger/names.ts';
import type { LogState } from '../../ledger/types.ts';
import { storeFailure } from '../../store/keys.ts';
import type { ObjectStore } from '../../store/types.ts';
import type { NotePosition } from '../types.ts';

/**
 * Some lines of one step, masked, as the format ndjson has them (encode.ts), in one gzip member whose blocks can be sent as
 * they are (gzip.ts): whoever takes both gets the stored bytes.
 */
export type Chunk = {
  step: string;
  /** Number of the first line. */
  line: number;
  lines: number;
  /** Of the first line. */
  time: string;
  segment: string;
  /** In bytes within the segment. */
  offset: number;
  length: number;
  /** In bytes, uncompressed. */
  size: number;
  /** CRC-32 of the compressed bytes. */
  crc: number;
  /** Of the last line. */
  cursor: string;
};

const indexVersion = 2;

export type ArchiveIndex = {
  version: typeof indexVersion;
  /** Who wrote last: an earlier writer that sees another's name stops. */
  writer: string;
  /** `live` until it is closed. */
  state: LogState;
  reason?: string;
  /** All steps in their order; empty until the pod is known. */
  steps: string[];
  /** Steps whose log was read to its end. */
  done: string[];
  notes: (NotePosition & { text: string })[];
  chunks: Chunk[];
  /** Cursor of the last line that is here. */
  kept?: string;
  /** Cursor of the last line that was read; behind `kept` when lines were dropped. */
  seen?: string;
  /** Of the lines' texts with their ends. */
  bytes: number;
  dropped: { lines: number; bytes: number };
};

/** Where a build's log is. */
export type ArchiveLocation = { store: ObjectStore; tool: string; id: string };

export const logsPrefix = 'logs/';
/** The ledger's name stands for the tool, as tools' own may be longer than a key's part. */
export const archivePrefixIn = (ledger: string, id: string): string => `${logsPrefix}${ledger}/${id}/`;
export const archivePrefix = (tool: string, id: string): string => archivePrefixIn(ledgerName(tool), id);
export const indexKeyBelow = (prefix: string): string => `${prefix}index.json`;
export const indexKey = ({ tool, id }: ArchiveLocation): string => indexKeyBelow(archivePrefix(tool, id));
export const segmentKey = ({ tool, id }: ArchiveLocation, segment: string): string =>
  `${archivePrefix(tool, id)}segments/${segment}`;

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

/** @throws ApiError 503 `log_unavailable`, also where what is stored is no index */
export const readIndex = async (place: ArchiveLocation): Promise<ArchiveIndex | undefined> => {
  const bytes = await place.store.get(indexKey(place));
  if (!bytes) return undefined;
  try {
    const index: unknown = JSON.parse(Buffer.from(bytes).toString());
    if (isIndex(index)) return index;
    throw new Error(`${indexKey(place)} is no index of version ${indexVersion}`);
  } catch (error) {
    throw storeFailure(error);
  }
};

export const writeIndex = (place: ArchiveLocation, index: ArchiveIndex): Promise<void> =>
  place.store.put(indexKey(place), Buffer.from(JSON.stringify(index)));

/** How many lines of a step are here. */
export const lineCount = ({ chunks }: ArchiveIndex, step: string): number => {
  const last = chunks.findLast((chunk) => chunk.step === step);
  return last ? last.line + last.lines : 0;
};
