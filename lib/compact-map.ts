import { hash, randomUUID } from 'node:crypto';

/** Number of values that a key can have: 0 to 127. */
const values = 128;

/** Number of hexadecimal digits of a key's hash: 44 bits, so that hash and value fit into the 53 bits of a number. */
const hashDigits = 11;

const firstCapacity = 1024;

/**
 * Maps keys of any length to small numbers, in 8 to 16 bytes for each key: only hashes of the keys are kept. Two keys
 * that are added share a hash at most once in millions of maps of 100,000 keys each, and other keys do so in the next
 * map, because each map hashes with a salt of its own. So callers must not rely on a map alone where a wrong result does
 * more harm than a delay.
 */
export class CompactMap {
  readonly #salt = randomUUID();
  #entries = new Float64Array(firstCapacity);
  #size = 0;
  #isSorted = true;

  /** Adds a key that the map does not have yet. @param value an integer of 0 to 127 */
  add(key: string, value = 0): void {
    if (this.#size === this.#entries.length) {
      const larger = new Float64Array(this.#size * 2);
      larger.set(this.#entries);
      this.#entries = larger;
    }
    this.#entries[this.#size] = this.#lowestEntry(key) + value;
    this.#size += 1;
    this.#isSorted = false;
  }

  /** Returns the value of a key. Undefined where the map does not have the key. */
  get(key: string): number | undefined {
    if (this.#isSorted === false) this.#entries.subarray(0, this.#size).sort();
    this.#isSorted = true;
    const lowest = this.#lowestEntry(key);
    const entry = this.#entries[this.#firstFrom(lowest)];
    const isFound = entry !== undefined && entry >= lowest && entry < lowest + values;
    return isFound ? entry - lowest : undefined;
  }

  #lowestEntry(key: string): number {
    return Number.parseInt(hash('sha256', this.#salt + key).slice(0, hashDigits), 16) * values;
  }

  /** Returns the index of the first entry that is not lower than a number, by binary search. */
  #firstFrom(lowest: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle] as number) < lowest) low = middle + 1;
      else high = middle;
    }
    return low < this.#size ? low : -1;
  }
}
