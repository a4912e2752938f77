import { readFileSync } from 'node:fs';
import type { Log } from './log.ts';
import { Rotating } from './rotating.ts';

/** A secret that may be replaced while the process runs (docs/adr/0030-rotation.md). */
export type Secret = {
  /** Returns the values that the secret has now. The first is the one to use, the others are about to begin or to end. */
  values(): readonly string[];
  /** Looks for new values at once. To be called when a value is refused. */
  refresh(): void;
};

/** Time for which the former values of a secret still count after the secret has changed, in milliseconds. */
const formerMs = 5 * 60 * 1000;

export type SecretOptions = {
  path: string;
  log: Log;
  /** Returns the time in milliseconds since any fixed moment. Default: a clock that nobody can set. */
  now?: () => number;
};

/** Returns the values in a file with a secret: its lines, without those that are empty. @throws Error without a value */
const readValues = (path: string): readonly string[] => {
  const values = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  if (values.length === 0) throw new Error(`${path} is empty`);
  return values;
};

class SecretFile implements Secret {
  readonly #file: Rotating<readonly string[]>;
  readonly #log: Log;
  readonly #path: string;
  readonly #now: () => number;
  #known: readonly string[];
  #former: readonly string[] = [];
  #formerEndsAt = 0;

  constructor({ path, log, now = () => performance.now() }: SecretOptions) {
    this.#file = new Rotating({ path, log, now, read: readValues });
    this.#known = this.#file.value;
    this.#log = log;
    this.#path = path;
    this.#now = now;
  }

  values(): readonly string[] {
    const found = this.#file.value;
    if (found !== this.#known) this.#replace(found);
    if (this.#former.length === 0) return found;
    if (this.#now() >= this.#formerEndsAt) this.#former = [];
    return [...found, ...this.#former];
  }

  refresh(): void {
    this.#file.refresh();
  }

  #replace(found: readonly string[]): void {
    this.#former = this.#known.filter((value) => !found.includes(value));
    this.#formerEndsAt = this.#now() + formerMs;
    this.#known = found;
    this.#log('INFO', 'a secret has changed', { path: this.#path });
  }
}

/**
 * Opens a file with a secret. Each line is a value, and the first is the one to use. After a change the former values
 * count for five minutes more, because Kubernetes does not bring a new value to all pods at the same time.
 * @throws Error for a file that can't be read or is empty. Later such a file keeps the former values in use
 */
export const openSecret = (options: SecretOptions): Secret => new SecretFile(options);

/**
 * Sends a request with the first value of a secret. A refusal makes the secret be read again, and the request is sent
 * again with each other value until one is accepted.
 * @param send sends the request with one value
 * @param isRefused tells whether the server refused the value
 * @returns the result of the last request that was sent
 */
export const withSecret = async <T>(
  secret: Secret,
  send: (value: string) => Promise<T>,
  isRefused: (result: T) => boolean,
): Promise<T> => {
  const [first = ''] = secret.values();
  let result = await send(first);
  if (!isRefused(result)) return result;
  secret.refresh();
  for (const value of secret.values().filter((other) => other !== first)) {
    result = await send(value);
    if (!isRefused(result)) break;
  }
  return result;
};
