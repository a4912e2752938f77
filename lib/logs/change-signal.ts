/** Limits of a wait for a change: the wait ends when the signal is aborted, or after `ms` milliseconds. */
export type WaitLimits = { signal?: AbortSignal; ms?: number };

/** Wakes every caller that waits for a change. */
export class ChangeSignal {
  readonly #wakers = new Set<() => void>();

  /** Wakes all callers that wait for the next change. */
  notify(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }

  /** Resolves at the next change (`notify`), when the signal is aborted, or after `ms` milliseconds. Never rejects. */
  next(limits?: WaitLimits): Promise<void> {
    if (limits?.signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wakers.add(limits ? this.#limitedWaker(limits, resolve) : resolve);
    });
  }

  #limitedWaker({ signal, ms }: WaitLimits, resolve: () => void): () => void {
    const wake = (): void => {
      clearTimeout(timer);
      this.#wakers.delete(wake);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = ms === undefined ? undefined : setTimeout(wake, ms);
    signal?.addEventListener('abort', wake);
    return wake;
  }
}
