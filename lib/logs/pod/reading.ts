import type { ReadKube } from '../../kube/client.ts';
import type { SecretFinder } from '../masking/secret-finder.ts';
import type { BuildWait } from './build-wait.ts';
import type { PodWatch } from './pod-watch.ts';
import type { SpoolOptions } from './spool.ts';

/** When the newest line of a log is looked up to detect rotation, while the log is followed. */
export type RotationCheck = {
  /** Size of a step's log, in bytes, below which nothing is looked up: the kubelet rotates only larger logs. */
  fromBytes: number;
  /** Milliseconds between two lookups. */
  everyMs: number;
};

/** What all steps of one reading of a build's log share. */
export type Reading = {
  kube: ReadKube;
  pods: PodWatch;
  wait: BuildWait;
  findSecrets: SecretFinder;
  /** Of cursorTag. */
  tag: string;
  follow: boolean;
  spool: SpoolOptions;
  rotationCheck: RotationCheck;
  signal: AbortSignal;
  /** Milliseconds before the first retry. */
  retryMs: number;
  state: ReadingState;
};

/** `done`: the step's log was read to its end. `open`: the log may grow. `gone`: the rest can't be read any more. */
export type StepOutcome = 'done' | 'open' | 'gone';

/** What changes while the steps are read. */
export class ReadingState {
  #firstRequestBytes: number | undefined;
  #hasRun = false;

  /** @param firstRequestBytes as in BuildLogOptions */
  constructor(firstRequestBytes: number | undefined) {
    this.#firstRequestBytes = firstRequestBytes;
  }

  /** Returns the size limit of the reading's first request; undefined for all requests after it. */
  takeFirstRequestBytes(): number | undefined {
    const bytes = this.#firstRequestBytes;
    this.#firstRequestBytes = undefined;
    return bytes;
  }

  /** Records that a container was seen that runs, or has run. */
  noteRun(): void {
    this.#hasRun = true;
  }

  get hasRun(): boolean {
    return this.#hasRun;
  }
}
