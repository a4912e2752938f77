import { createLimiter, type Limiter } from '../../concurrency.ts';
import { createSingleFlight, type SingleFlight } from '../../single-flight.ts';
import type { ObjectStore } from '../../store/types.ts';
import { type ArchiveIndex, type ArchiveLocation, indexKey, readIndex } from './archive-index.ts';

/** A loaded range of neighbouring chunks, in order, and the size of the chunks in bytes. */
export type LoadedRange = { chunks: readonly Buffer[]; bytes: number };

export type CacheOptions = {
  /**
   * Number of chunk ranges that the cache keeps for each reader: the current range, the next one, and one for a reader
   * close behind.
   */
  rangesPerReader: number;
  /** Limit of all chunk ranges in the cache together, in bytes. */
  keptBytes: number;
  /** Uncompressed bytes of archived lines that all readers together copy for themselves, approximately. */
  copiedBytes: number;
  /**
   * Number of chunk ranges that are loaded at the same time. A range that is being loaded needs memory beside the
   * cached ranges.
   */
  parallel: number;
};

/**
 * Shares indexes and chunks among all readers of archives in this process, so that many readers cost little more than
 * one.
 */
export class ArchiveCache {
  readonly #options: CacheOptions;
  readonly #limit: Limiter;
  readonly #indexes: SingleFlight<ArchiveIndex | undefined> = createSingleFlight();
  readonly #loads: SingleFlight<LoadedRange> = createSingleFlight();
  /** Chunk ranges in the cache, in the order of their last use. */
  readonly #kept = new Map<string, LoadedRange>();
  #bytes = 0;
  #readers = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#limit = createLimiter(options.parallel);
  }

  /**
   * Reads an archive's index once for all readers that need the index at the same time. All of them share one object,
   * which no reader may change.
   */
  index(location: ArchiveLocation): Promise<ArchiveIndex | undefined> {
    return this.#indexes(indexKey(location), () => readIndex(location));
  }

  /**
   * Returns a range of chunks from memory, or loads the range once for all readers. Ranges stay in memory, within
   * limits, while there are readers.
   */
  async load(key: string, loadRange: () => Promise<LoadedRange>): Promise<LoadedRange> {
    const range = this.#kept.get(key) ?? (await this.#loads(key, () => this.#limit(loadRange)));
    this.#keep(key, range);
    return range;
  }

  /** Counts a reader of an archive until `removeReader`. */
  addReader(): void {
    this.#readers += 1;
  }

  /** Ends the counting of a reader. When the last reader leaves, the cache drops all chunks. */
  removeReader(): void {
    this.#readers -= 1;
    if (this.#readers > 0) return;
    this.#kept.clear();
    this.#bytes = 0;
  }

  /**
   * Returns how many uncompressed bytes each reader of an archive may copy for itself: the more readers, the fewer
   * bytes.
   */
  bytesPerReader(): number {
    return Math.floor(this.#options.copiedBytes / Math.max(1, this.#readers));
  }

  #keep(key: string, range: LoadedRange): void {
    this.#drop(key);
    if (this.#readers === 0) return;
    this.#kept.set(key, range);
    this.#bytes += range.bytes;
    for (const oldest of this.#kept.keys()) {
      if (!this.#isOverLimit()) return;
      if (oldest !== key) this.#drop(oldest);
    }
  }

  #isOverLimit(): boolean {
    const { keptBytes, rangesPerReader } = this.#options;
    return this.#bytes > keptBytes || this.#kept.size > this.#readers * rangesPerReader;
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

const options: CacheOptions = { rangesPerReader: 3, keptBytes: 16 << 20, copiedBytes: 16 << 20, parallel: 6 };

const caches = new WeakMap<ObjectStore, ArchiveCache>();

/** Returns the cache that all readers of archives in an object store share. */
export const cacheOf = (store: ObjectStore): ArchiveCache => {
  const cache = caches.get(store) ?? new ArchiveCache(options);
  caches.set(store, cache);
  return cache;
};
