import { messageMask } from '../masking/mask-message.ts';
import type { SecretFinder } from '../masking/secret-finder.ts';
import { retryReads } from '../retry.ts';
import { type BuildState, type BuildView, hasBuildEnded, type LogEvent } from '../types.ts';
import { podWaits } from './pod-state.ts';
import type { PodWatch } from './pod-watch.ts';

export type BuildWaitOptions = {
  view: BuildView;
  pods: PodWatch;
  findSecrets: SecretFinder;
  signal: AbortSignal;
  /** Delay before the first retry of a failed read of the ledger, in milliseconds. */
  retryMs: number;
  /**
   * Milliseconds between two reads of the ledger while a build makes no progress: `first`, then doubled up to `most`.
   */
  pollMs?: { first: number; most: number } | undefined;
};

/**
 * Number of ledger reads after a build's end. If a container still seems to wait after these reads, its step is given
 * up.
 */
const maxReadsAfterEnd = 10;

const ledgerWaits = ({ queuePosition, waiting }: BuildState): string => {
  if (queuePosition !== undefined) return `position ${queuePosition} in the queue`;
  return waiting ?? 'the build is being started';
};

/** Waits for a build to make progress, and makes notes that say why the build waits. */
export class BuildWait {
  readonly #options: BuildWaitOptions;
  readonly #maskMessage: (text: string) => string;
  readonly #pollMs: { first: number; most: number };
  #nextPollMs: number;
  #lastReason = '';
  #readsAfterEnd = 0;

  constructor(options: BuildWaitOptions) {
    this.#options = options;
    this.#maskMessage = messageMask(options.findSecrets);
    this.#pollMs = options.pollMs ?? { first: 250, most: 5000 };
    this.#nextPollMs = this.#pollMs.first;
  }

  /** Reads the build's state from the ledger. @throws ApiError 503 `log_unavailable` after too many retries */
  read(): Promise<BuildState> {
    return retryReads(this.#options, () => this.#options.view.read());
  }

  async hasEnded(): Promise<boolean> {
    return hasBuildEnded((await this.read()).build);
  }

  /** Waits until the build's pod changes, or until the ledger must be read again. @throws the signal's reason */
  async pause(): Promise<void> {
    await this.#options.pods.change(this.#nextPollMs);
    this.#options.signal.throwIfAborted();
    this.#nextPollMs = Math.min(this.#pollMs.most, this.#nextPollMs * 2);
  }

  /** Waits until the build has ended. Without `follow` the function returns the build's state at once. */
  async untilEnd(follow: boolean): Promise<BuildState> {
    for (;;) {
      const state = await this.read();
      if (hasBuildEnded(state.build) || !follow) return state;
      await this.pause();
    }
  }

  /** Returns a note that says why the build has no pod yet; no note if the reason is the same as before. */
  noteLedger(state: BuildState): LogEvent[] {
    return this.#note(ledgerWaits(state));
  }

  /**
   * Waits a while for a step that has not begun. If the reason for waiting is new, a note is returned at once.
   * @param hasEnded whether the build has ended, as read just before
   * @returns the note, and whether waiting is hopeless because the build ended long ago
   */
  async forStep(hasEnded: boolean): Promise<{ notes: LogEvent[]; isHopeless: boolean }> {
    if (hasEnded) this.#readsAfterEnd += 1;
    const pod = this.#options.pods.current;
    const notes = pod && !hasEnded ? this.#note(podWaits(pod)) : [];
    if (notes.length === 0) await this.pause();
    return { notes, isHopeless: this.#readsAfterEnd > maxReadsAfterEnd };
  }

  #note(reason: string): LogEvent[] {
    if (reason === this.#lastReason) return [];
    this.#lastReason = reason;
    this.#nextPollMs = this.#pollMs.first;
    return [{ type: 'note', text: this.#maskMessage(`waiting: ${reason}`) }];
  }
}
