import { randomInt } from 'node:crypto';
import { CompactMap } from '../../lib/compact-map.ts';
import type { Log } from '../../lib/log.ts';
import { type ArchiveName, listArchivesFrom } from '../../lib/logs/archive/list.ts';
import type { ObjectStore } from '../../lib/store/types.ts';

/**
 * Share of the time of a sweep that is left for which the archives of all builds are listed, at most: half of eight
 * minutes, in which about 10 million objects are listed. The sweep has the rest for other lists and corrections.
 */
const listShare = 0.5;

/** Returns four random letters and digits, between which the names of ledgers are. */
const randomPlace = (): string =>
  randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0');

/** Returns a copy of a text. V8 keeps a whole page of a list in memory for each part of the page that is kept. */
const copyOf = (text: string): string => Buffer.from(text).toString();

/** Keeps what sweep must know about the archived logs of all builds: for each ledger, how many builds have one. */
export class ListedArchives {
  readonly #builds = new CompactMap();
  readonly #numbers = new Map<string, number>();
  #last = '';

  /** Adds a build's archive. A store lists the objects of an archive together, so a repeat follows at once. */
  add({ ledger, id }: ArchiveName): void {
    const name = `${ledger}/${id}`;
    if (name === this.#last) return;
    this.#last = name;
    this.#builds.add(name);
    const number = this.#numbers.get(ledger);
    this.#numbers.set(number === undefined ? copyOf(ledger) : ledger, (number ?? 0) + 1);
  }

  /** Tells whether archives below the name of a ledger belong to other builds than the given ones. An id may repeat. */
  takeOthers(ledger: string, ids: Iterable<string>): boolean {
    let left = this.#numbers.get(ledger);
    if (left === undefined) return false;
    this.#numbers.delete(ledger);
    for (const id of new Set(ids)) if (this.#builds.get(`${ledger}/${id}`) !== undefined) left -= 1;
    return left > 0;
  }

  /** Returns the names of ledgers whose archives no ledger has taken. */
  ledgersLeft(): string[] {
    return [...this.#numbers.keys()];
  }
}

/**
 * Lists the archived logs of all builds, from a random place on: a list that is cut off each time then still reaches
 * each archive in one of the next sweeps. Returns those that were listed in time, and none while the object store does not
 * respond, so that sweep still corrects the builds.
 */
export const readArchives = async (
  store: ObjectStore,
  log: Log,
  now: () => Date,
  sweepEnd: Date,
): Promise<ListedArchives> => {
  const archives = new ListedArchives();
  const end = now().getTime() + (sweepEnd.getTime() - now().getTime()) * listShare;
  try {
    for await (const archive of listArchivesFrom(store, randomPlace())) {
      archives.add(archive);
      if (now().getTime() < end) continue;
      log('WARNING', 'the archived logs were listed in part: there are too many for the time of a sweep');
      break;
    }
    return archives;
  } catch (error) {
    log('WARNING', 'logs without a build were not looked for; the next sweep tries again', { error });
    return new ListedArchives();
  }
};
