/** A range of bytes in an object of the store. */
export type Range = { offset: number; length: number };

/**
 * A store of objects under keys, with S3's operations: whole writes, ranged reads, no append. A key has one or more
 * parts, joined by `/`. A part matches `[A-Za-z0-9][A-Za-z0-9._-]*` and has at most 200 characters. A key has at most
 * 1,000.
 *
 * Every method throws ApiError 503 `log_unavailable` when the store fails.
 */
export type ObjectStore = {
  /** Writes a whole object. A reader at the same time sees either the old object or the new object. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Reads an object or a range of the object. Returns undefined where the key does not exist, and fewer bytes than
   * requested where the object ends.
   */
  get(key: string, range?: Range): Promise<Uint8Array | undefined>;
  /**
   * Lists the keys that begin with a prefix, in ascending order of their bytes.
   * @param after lists only the keys behind this text, which needs to be no key. Default: all keys
   */
  list(prefix: string, after?: string): AsyncIterable<string>;
  /** Removes an object. A missing object is no error. */
  remove(key: string): Promise<void>;
};
