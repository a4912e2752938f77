import { isDeepStrictEqual } from 'node:util';
import type { Log } from './log.ts';

/** Least time between two looks at a file that nobody asked to read again, in milliseconds. */
const pauseMs = 5000;

export type RotatingOptions<T> = {
  /** Path of the file or folder. */
  path: string;
  /** Reads the file or folder. @throws Error for a content that can't be used, such as an empty file */
  read: (path: string) => T;
  /** Receives a line when the content can't be used any more. */
  log: Log;
  /** Returns the time in milliseconds since any fixed moment. Default: a clock that nobody can set. */
  now?: () => number;
};

/**
 * The content of a file that may change while the process runs, such as a mounted Secret: Kubernetes replaces the files
 * of a volume about a minute after the Secret has changed. The content is read again when it is used, at most every five
 * seconds. No timer or watcher runs, so an instance without requests does nothing.
 *
 * A file that is missing, empty or incomplete keeps its former content in use, and the log says so.
 */
export class Rotating<T> {
  readonly #options: RotatingOptions<T>;
  readonly #now: () => number;
  #value: T;
  #readAt: number;
  #isBroken = false;

  /** Reads the content for the first time. @throws the error of `read` */
  constructor(options: RotatingOptions<T>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#readAt = this.#now();
    this.#value = options.read(options.path);
  }

  /** The newest content. It is the same object as before, unless the content has changed. */
  get value(): T {
    if (this.#now() - this.#readAt >= pauseMs) this.refresh();
    return this.#value;
  }

  /** Reads the content again at once, for example because a server refuses a credential. */
  refresh(): void {
    const { path, read, log } = this.#options;
    this.#readAt = this.#now();
    try {
      const value = read(path);
      if (!isDeepStrictEqual(value, this.#value)) this.#value = value;
      this.#isBroken = false;
    } catch (error) {
      if (!this.#isBroken)
        log('WARNING', 'a file can not be used, so its former content stays in use', { path, error });
      this.#isBroken = true;
    }
  }
}
