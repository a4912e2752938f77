import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** One change of a stored object: the object's key, and its JSON text, or null when the object was deleted. */
type Entry = { version: number; key: string; json: string | null };

export type Journal = {
  /** Objects that the journal held when it was opened, and the version of the object store at its last change. */
  state: { version: number; objects: Map<string, string> };
  append(entry: Entry): void;
  close(): void;
};

/** Size in bytes above which the journal of objects is compacted: 4 MiB, or twice the last snapshot if that is more. */
const minCompactBytes = 4 * 1024 * 1024;
/**
 * Version in all lines of a snapshot of objects but the last. The last line holds the version of the object store, so a
 * snapshot needs no version for each object.
 */
const snapshotVersion = 0;

/** Keeps a journal of objects in the files snapshot.jsonl and journal.jsonl of a folder. */
class FileJournal implements Journal {
  readonly state = { version: 0, objects: new Map<string, string>() };
  readonly #snapshot: string;
  readonly #current: () => Iterable<[string, string]>;
  readonly #fd: number;
  #size: number;
  #compactBytes = minCompactBytes;
  #isOpen = true;

  constructor(folder: string, current: () => Iterable<[string, string]>) {
    mkdirSync(folder, { recursive: true });
    this.#current = current;
    this.#snapshot = join(folder, 'snapshot.jsonl');
    replay(this.state, this.#snapshot);
    const journal = join(folder, 'journal.jsonl');
    this.#size = replay(this.state, journal);
    this.#fd = openSync(journal, 'a');
    ftruncateSync(this.#fd, this.#size);
  }

  append(entry: Entry): void {
    if (!this.#isOpen) throw new Error('the journal is closed');
    this.#size += writeWhole(this.#fd, line(entry), this.#size);
    if (this.#size > this.#compactBytes) this.#compact(entry.version);
  }

  #compact(version: number): void {
    const written = writeSnapshot(this.#snapshot, version, this.#current());
    ftruncateSync(this.#fd, 0);
    this.#size = 0;
    this.#compactBytes = Math.max(minCompactBytes, 2 * written);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }
}

/**
 * Opens the journal of objects in a folder: a snapshot and the changes since the snapshot, each with one JSON line per
 * change. `append` hands a change to the operating system before it returns, so the change outlives the process. An
 * incomplete last line, left by a killed process, is dropped. Compaction writes a new snapshot to another file, renames
 * that file and then empties the journal. The process may end before the journal is empty, because lines that the
 * snapshot already holds are skipped by their version.
 * @param current returns every object for a compaction
 * @throws Error when a line that is not the last cannot be read
 */
export const openJournal = (folder: string, current: () => Iterable<[string, string]>): Journal =>
  new FileJournal(folder, current);

/** Returns a journal that writes no file, so all objects are lost when the process ends. */
export const memoryJournal = (): Journal => ({
  state: { version: 0, objects: new Map() },
  append: () => {},
  close: () => {},
});

const line = ({ version, key, json }: Entry): Buffer =>
  Buffer.from(`{"version":${version},"key":${JSON.stringify(key)},"object":${json}}\n`);

const writeAll = (fd: number, bytes: Buffer): number => {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done);
  return done;
};

/**
 * Writes a whole line of the journal. A line that a full disk cut short is removed again, so that the next line does
 * not continue it.
 */
const writeWhole = (fd: number, bytes: Buffer, size: number): number => {
  try {
    return writeAll(fd, bytes);
  } catch (error) {
    ftruncateSync(fd, size);
    throw error;
  }
};

/**
 * Applies all complete lines of a journal or snapshot file to the objects and the version in `state`.
 * @returns the size of these lines in bytes
 */
const replay = (state: Journal['state'], file: string): number => {
  if (!existsSync(file)) return 0;
  const bytes = readFileSync(file);
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    applyLine(state, bytes.toString('utf8', start, end), file);
    start = end + 1;
  }
  return start;
};

const applyLine = (state: Journal['state'], text: string, file: string): void => {
  const entry = parse(text, file);
  if (entry.key === undefined) state.version = entry.version;
  else if (entry.version === snapshotVersion || entry.version > state.version) applyEntry(state, entry.key, entry);
};

type Line = { version: number; key?: string; object?: unknown };

const parse = (text: string, file: string): Line => {
  try {
    return JSON.parse(text) as Line;
  } catch (cause) {
    throw new Error(`${file} is damaged: restore it from a backup, or move the folder away to start empty`, { cause });
  }
};

const applyEntry = (state: Journal['state'], key: string, { version, object }: Line): void => {
  if (version !== snapshotVersion) state.version = version;
  if (object === null) state.objects.delete(key);
  else state.objects.set(key, JSON.stringify(object));
};

const writeSnapshot = (file: string, version: number, objects: Iterable<[string, string]>): number => {
  const temporary = `${file}.new`;
  const fd = openSync(temporary, 'w');
  let size = 0;
  for (const [key, json] of objects) size += writeAll(fd, line({ version: snapshotVersion, key, json }));
  size += writeAll(fd, Buffer.from(`{"version":${version}}\n`));
  fsyncSync(fd);
  closeSync(fd);
  renameSync(temporary, file);
  return size;
};
