import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LogEntry, readEntries, tailOffset } from './container-log.ts';
import type { LogQuery } from './log-query.ts';
import type { ObjectStore } from './store.ts';

/** Reads the log of one container, from the position that the query parameter tailLines names. */
export type LogReader = {
  /** Returns the next entries of a container's log; an empty list at the present end of the log. */
  read(): Promise<LogEntry[]>;
  /** Resolves when a container's log may have grown since the last read, or the container may have ended. */
  changed(): Promise<void>;
  close(): Promise<void>;
};

/** Opens the log of a container for one client. The signal aborts when the client has disconnected. */
export type LogSource = (podUid: string, container: string, query: LogQuery, closed: AbortSignal) => LogReader;

/** Wait in milliseconds before a followed log file is read again, so that lines written meanwhile are sent together. */
const pollMs = 50;

const openIfThere = async (path: string): Promise<FileHandle | undefined> => {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Reads the log file of a container. The file does not exist while the container has written nothing. */
class FileReader implements LogReader {
  readonly #path: string;
  readonly #tailLines: number | undefined;
  readonly #closed: AbortSignal;
  #file: FileHandle | undefined;
  #offset = 0;

  constructor(path: string, tailLines: number | undefined, closed: AbortSignal) {
    this.#path = path;
    this.#tailLines = tailLines;
    this.#closed = closed;
  }

  async read(): Promise<LogEntry[]> {
    const file = this.#file ?? (await this.#open());
    if (!file) return [];
    const { entries, next } = await readEntries(file, this.#offset);
    this.#offset = next;
    return entries;
  }

  async #open(): Promise<FileHandle | undefined> {
    this.#file = await openIfThere(this.#path);
    if (this.#file && this.#tailLines !== undefined) this.#offset = await tailOffset(this.#file, this.#tailLines);
    return this.#file;
  }

  async changed(): Promise<void> {
    await sleep(pollMs, undefined, { signal: this.#closed }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** Returns a source that reads logs from the files that the embedded kubelet writes. */
export const fileLogs =
  (objects: ObjectStore): LogSource =>
  (podUid, container, { tailLines }, closed) =>
    new FileReader(objects.logFile(podUid, container), tailLines, closed);
