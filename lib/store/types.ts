/** Part of an object, in bytes. */
export type Range = { offset: number; length: number };

/**
 * Objects under keys, as S3 has them: whole writes, ranged reads, no append. Keys are one or more parts of
 * `[A-Za-z0-9][A-Za-z0-9._-]*`, at most 200 characters each, joined by `/`.
 *
 * Every method throws ApiError 503 `log_unavailable` when the store does not do what it should.
 */
export type ObjectStore = {
  /** Writes all or nothing: who reads at the same time sees the old object or the new one. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Undefined where there is no such key; fewer bytes than asked for where the object ends. */
  get(key: string, range?: Range): Promise<Uint8Array | undefined>;
  /** The keys that begin with these characters, in no certain order. */
  list(prefix: string): AsyncIterable<string>;
  /** Removing what is not there is fine. */
  remove(key: string): Promise<void>;
};
