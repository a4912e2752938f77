/**
 * A timer that runs out when log events have waited long enough to be stored. A start while the timer runs has no
 * effect.
 */
export class FlushTimer {
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  #due: Promise<'due'> | undefined;

  /** @param ms time from the first `start` until the timer runs out, in milliseconds */
  constructor(ms: number) {
    this.#ms = ms;
  }

  start(): void {
    this.#due ??= new Promise((resolve) => {
      this.#timer = setTimeout(resolve, this.#ms, 'due');
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#due = undefined;
  }

  /** Resolves with the promise's result, or with `due` when the timer runs out first. */
  race<T>(promise: Promise<T>): Promise<T | 'due'> {
    return this.#due ? Promise.race([promise, this.#due]) : promise;
  }
}
