import type { LogEntry } from '../../../embedded/kubernetes/container-log.ts';
import type { LogQuery } from '../../../embedded/kubernetes/log-query.ts';
import type { LogReader, LogSource } from '../../../embedded/kubernetes/log-source.ts';

/**
 * The log of one container: the entries that the kubelet still has, and the number of entries that it has discarded.
 */
type ContainerLog = { entries: LogEntry[]; removed: number };

/** Pod logs in memory, which a test writes, rotates and holds back. Readers of a log learn of a change at once. */
export class MemoryLogs {
  readonly #logs = new Map<string, ContainerLog>();
  readonly #waiting = new Set<() => void>();
  #version = 0;
  #held = false;
  #follows = 0;

  #logOf(podUid: string, container: string): ContainerLog {
    const key = `${podUid}/${container}`;
    const log = this.#logs.get(key) ?? { entries: [], removed: 0 };
    this.#logs.set(key, log);
    return log;
  }

  /** Number of open streams that follow a log. */
  get follows(): number {
    return this.#follows;
  }

  /** Makes all waiting readers of logs, and all tests that wait in `until`, check their conditions again. */
  wake(): void {
    this.#version += 1;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }

  /** Resolves when `condition` returns true or `closed` aborts. The condition is checked after each change of a log. */
  async until(condition: () => boolean, closed?: AbortSignal): Promise<void> {
    while (!condition() && !closed?.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        closed?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  write(podUid: string, container: string, entries: readonly LogEntry[]): void {
    this.#logOf(podUid, container).entries.push(...entries);
    this.wake();
  }

  entries(podUid: string, container: string): readonly LogEntry[] {
    return this.#logOf(podUid, container).entries;
  }

  /** Discards all but the last `keep` entries of a container's log, as the kubelet does when a log reaches 10 MiB. */
  rotate(podUid: string, container: string, keep: number): void {
    const log = this.#logOf(podUid, container);
    log.removed += log.entries.splice(0, Math.max(0, log.entries.length - keep)).length;
  }

  /** With true, the streams that follow a log get no new entries until the next call with false. */
  hold(held: boolean): void {
    this.#held = held;
    this.wake();
  }

  readonly source: LogSource = (podUid, container, { follow, tailLines }: LogQuery, closed): LogReader => {
    const log = this.#logOf(podUid, container);
    let position = log.removed + (tailLines === undefined ? 0 : Math.max(0, log.entries.length - tailLines));
    let seen = this.#version;
    if (follow) this.#countFollow(closed);
    return {
      read: async () => {
        seen = this.#version;
        if (follow) await this.until(() => !this.#held, closed);
        const fresh = log.entries.slice(Math.max(0, position - log.removed));
        position = log.removed + log.entries.length;
        return fresh;
      },
      changed: () => this.until(() => this.#version !== seen, closed),
      close: async () => undefined,
    };
  };

  #countFollow(closed: AbortSignal): void {
    this.#follows += 1;
    closed.addEventListener('abort', () => {
      this.#follows -= 1;
      this.wake();
    });
    this.wake();
  }
}
