import type { ReadKube } from '../../kube/client.ts';
import type { SecretFinder } from '../masking/secret-finder.ts';
import type { BuildWait } from './build-wait.ts';
import type { PodWatch } from './pod-watch.ts';
import type { SpoolOptions } from './spool.ts';

/** Options for looking up the newest line of a followed log, which detects rotation. */
export type RotationCheck = {
  /** Size of a step's log in bytes from which the newest line is looked up: the kubelet rotates only larger logs. */
  fromBytes: number;
  /** Milliseconds between two lookups of a log's newest line. */
  everyMs: number;
};

/** The dependencies and options that all steps share while one reader reads a build's log. */
export type Reading = {
  kube: ReadKube;
  pods: PodWatch;
  wait: BuildWait;
  findSecrets: SecretFinder;
  /** The secrets among the build's envvars. An unfinished line may end within one. */
  secrets: readonly string[];
  /**
   * First part of each cursor of the build, from cursorTag. It tells the build's cursors from those of other builds.
   */
  tag: string;
  follow: boolean;
  /** Whether the present states of unfinished lines are shown. */
  showsStates: boolean;
  spool: SpoolOptions;
  rotationCheck: RotationCheck;
  signal: AbortSignal;
  /** Delay before the first retry of a failed request, in milliseconds. */
  retryMs: number;
  state: ReadingState;
};

/**
 * The way in which the reading of a step ended. `done`: at the log's end. `open`: the log may grow. `gone`: the rest of
 * the log can't be read any more.
 */
export type StepOutcome = 'done' | 'open' | 'gone';

/** State of one reading of a build's log, which changes from step to step. */
export class ReadingState {
  #firstRequestBytes: number | undefined;
  #hasRun = false;

  /** @param firstRequestBytes size limit of the first log request, in bytes (see BuildLogOptions) */
  constructor(firstRequestBytes: number | undefined) {
    this.#firstRequestBytes = firstRequestBytes;
  }

  /** Returns the size limit of the first log request, in bytes; undefined at later calls. */
  takeFirstRequestBytes(): number | undefined {
    const bytes = this.#firstRequestBytes;
    this.#firstRequestBytes = undefined;
    return bytes;
  }

  /** Records that a container of the build runs or has run. */
  noteRun(): void {
    this.#hasRun = true;
  }

  get hasRun(): boolean {
    return this.#hasRun;
  }
}
