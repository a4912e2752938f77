import { createLimiter } from '../../concurrency.ts';
import { createSingleFlight, type SingleFlight } from '../../single-flight.ts';
import type { ObjectStore } from '../../store/types.ts';
import { type ArchiveIndex, type ArchiveLocation, indexKey, readIndex } from './archive-index.ts';

/** Chunks of an archive. */
export type Loaded = { parts: readonly Buffer[]; bytes: number };

/** What readers of archives in one process share, so that many of them cost little more than one. */
export type ArchiveCache = {
  /** Read once for those who ask at the same time; nobody may change it. */
  index(place: ArchiveLocation): Promise<ArchiveIndex | undefined>;
  /** What was loaded last is kept, within a bound, while anybody reads. */
  load(key: string, act: () => Promise<Loaded>): Promise<Loaded>;
  enter(): void;
  leave(): void;
  /** Uncompressed bytes that each reader may hold for itself: less, the more there are. */
  share(): number;
};

export type CacheOptions = {
  /** Of the loads, how many are kept for each reader: the one it reads, the next one, and one for who comes right behind. */
  keepEach: number;
  /** Of the loads that are kept, in all. */
  keepBytes: number;
  /** Uncompressed, what all readers hold for themselves, about. */
  heldBytes: number;
  /** Loads at once: each holds what it loads, beside what is kept. */
  parallel: number;
};

export const createArchiveCache = ({ keepEach, keepBytes, heldBytes, parallel }: CacheOptions): ArchiveCache => {
  const indexes: SingleFlight<ArchiveIndex | undefined> = createSingleFlight();
  const loads: SingleFlight<Loaded> = createSingleFlight();
  const limit = createLimiter(parallel);
  /** In the order of their last use. */
  const kept = new Map<string, Loaded>();
  let bytes = 0;
  let readers = 0;

  const drop = (key: string): void => {
    bytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  };

  const keep = (key: string, loaded: Loaded): void => {
    drop(key);
    if (readers === 0) return;
    kept.set(key, loaded);
    bytes += loaded.bytes;
    for (const oldest of kept.keys()) {
      if (bytes <= keepBytes && kept.size <= readers * keepEach) return;
      if (oldest !== key) drop(oldest);
    }
  };

  return {
    index: (place) => indexes(indexKey(place), () => readIndex(place)),
    load: async (key, act) => {
      const loaded = kept.get(key) ?? (await loads(key, () => limit(act)));
      keep(key, loaded);
      return loaded;
    },
    share: () => Math.floor(heldBytes / Math.max(1, readers)),
    enter: () => {
      readers += 1;
    },
    leave: () => {
      readers -= 1;
      if (readers > 0) return;
      kept.clear();
      bytes = 0;
    },
  };
};

const sizes: CacheOptions = { keepEach: 3, keepBytes: 16 << 20, heldBytes: 16 << 20, parallel: 6 };

const caches = new WeakMap<ObjectStore, ArchiveCache>();

/** The cache of a store, which all its readers share. */
export const cacheOf = (store: ObjectStore): ArchiveCache => {
  const cache = caches.get(store) ?? createArchiveCache(sizes);
  caches.set(store, cache);
  return cache;
};
