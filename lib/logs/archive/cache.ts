import { createLimiter, type Limiter } from '../../concurrency.ts';
import { createSingleFlight, type SingleFlight } from '../../single-flight.ts';
import type { ObjectStore } from '../../store/types.ts';
import { type ArchiveIndex, type ArchiveLocation, indexKey, readIndex } from './archive-index.ts';

/** The chunks of one range in memory, in order, and their size in bytes. */
export type LoadedRange = { chunks: readonly Buffer[]; bytes: number };

export type CacheOptions = {
  /** Number of ranges that are kept for each reader: the current one, the next one, and one for a reader close behind. */
  rangesPerReader: number;
  /** Limit of all kept ranges together, in bytes. */
  keptBytes: number;
  /** Uncompressed bytes that all readers together copy for themselves, approximately. */
  copiedBytes: number;
  /** Number of loads at the same time. Each holds its range in memory beside the kept ranges. */
  parallel: number;
};

/** Shares indexes and chunks between the readers of archives in this process, so that many cost little more than one. */
export class ArchiveCache {
  readonly #options: CacheOptions;
  readonly #limit: Limiter;
  readonly #indexes: SingleFlight<ArchiveIndex | undefined> = createSingleFlight();
  readonly #loads: SingleFlight<LoadedRange> = createSingleFlight();
  /** Ranges in the order of their last use. */
  readonly #kept = new Map<string, LoadedRange>();
  #bytes = 0;
  #readers = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#limit = createLimiter(options.parallel);
  }

  /** Reads an index once for all readers that want it at the same time. The index is shared: nobody may change it. */
  index(location: ArchiveLocation): Promise<ArchiveIndex | undefined> {
    return this.#indexes(indexKey(location), () => readIndex(location));
  }

  /** Returns a range from memory, or loads it once for all readers. Ranges are kept within limits while anybody reads. */
  async load(key: string, loadRange: () => Promise<LoadedRange>): Promise<LoadedRange> {
    const range = this.#kept.get(key) ?? (await this.#loads(key, () => this.#limit(loadRange)));
    this.#keep(key, range);
    return range;
  }

  /** Counts a reader until `removeReader`. */
  addReader(): void {
    this.#readers += 1;
  }

  /** Forgets a reader. With the last reader all kept ranges go. */
  removeReader(): void {
    this.#readers -= 1;
    if (this.#readers > 0) return;
    this.#kept.clear();
    this.#bytes = 0;
  }

  /** Returns how many uncompressed bytes each reader may copy for itself: the more readers, the fewer. */
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

/** Returns the cache of a store, which all readers of that store share. */
export const cacheOf = (store: ObjectStore): ArchiveCache => {
  const cache = caches.get(store) ?? new ArchiveCache(options);
  caches.set(store, cache);
  return cache;
};
