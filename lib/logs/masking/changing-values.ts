import { createSecretFinder, type SecretFinder } from './secret-finder.ts';

/** Least time between two looks for new values, in milliseconds. */
const pauseMs = 5000;

export type ChangingValuesOptions = {
  /** Returns the known secrets as they are now. */
  values: () => readonly string[];
  /** Returns the time in milliseconds since any fixed moment. Default: a clock that nobody can set. */
  now?: () => number;
};

class ChangingValues {
  readonly #values: () => readonly string[];
  readonly #now: () => number;
  readonly #known = new Set<string>();
  #find: SecretFinder = createSecretFinder([]);
  #lookedAt: number;

  constructor({ values, now = () => performance.now() }: ChangingValuesOptions) {
    this.#values = values;
    this.#now = now;
    this.#lookedAt = now();
    this.#look();
  }

  readonly find: SecretFinder = (text) => {
    const now = this.#now();
    if (now - this.#lookedAt >= pauseMs) {
      this.#lookedAt = now;
      this.#look();
    }
    return this.#find(text);
  };

  #look(): void {
    const before = this.#known.size;
    for (const value of this.#values()) this.#known.add(value);
    if (this.#known.size > before) this.#find = createSecretFinder([...this.#known]);
  }
}

/**
 * Makes a finder for known secrets that may be replaced while the process runs, and for secrets of a known form. A
 * replaced secret is found too as long as the process runs, because builds have started with that secret.
 */
export const createChangingFinder = (options: ChangingValuesOptions): SecretFinder => new ChangingValues(options).find;
