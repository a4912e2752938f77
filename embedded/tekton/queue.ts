const maxTimerMs = 2 ** 31 - 1;
const retryMs = 1000;

/**
 * A queue of keys, `NAMESPACE/NAME`, of objects to reconcile. A key whose handler throws is handled again after a
 * second.
 */
export class Queue {
  readonly #handle: (key: string) => void;
  readonly #onError: (key: string, error: unknown) => void;
  readonly #waiting = new Set<string>();
  readonly #timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  #closed = false;

  constructor(handle: (key: string) => void, onError: (key: string, error: unknown) => void) {
    this.#handle = handle;
    this.#onError = onError;
  }

  /** Adds an object's key to the queue. A key that is added several times before it is handled is handled once. */
  add(key: string): void {
    if (this.#closed) return;
    if (this.#waiting.size === 0) setImmediate(() => this.#drain());
    this.#waiting.add(key);
  }

  /**
   * Adds an object's key to the queue after this many milliseconds, or earlier if an earlier time was set for the key.
   */
  addAfter(key: string, milliseconds: number): void {
    const at = Date.now() + milliseconds;
    const earlier = this.#timers.get(key);
    if (this.#closed || (earlier && earlier.at <= at)) return;
    clearTimeout(earlier?.timer);
    const fire = () => {
      this.#timers.delete(key);
      this.add(key);
    };
    this.#timers.set(key, { at, timer: setTimeout(fire, Math.min(Math.max(milliseconds, 0), maxTimerMs)) });
  }

  close(): void {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
  }

  #drain(): void {
    const keys = [...this.#waiting];
    this.#waiting.clear();
    for (const key of keys) if (!this.#closed) this.#attempt(key);
  }

  #attempt(key: string): void {
    try {
      this.#handle(key);
    } catch (error) {
      this.#onError(key, error);
      this.addAfter(key, retryMs);
    }
  }
}
