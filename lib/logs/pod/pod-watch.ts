import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadKube } from '../../kube/client.ts';
import type { KubeList } from '../../kube/resources.ts';
import { type BuildKey, isPodOf, listPodsOf, podSelector } from '../../tekton/owned.ts';
import { ChangeSignal } from '../change-signal.ts';
import type { StepPod } from './pod-state.ts';

/** Options to find the pods of a build of a tool. */
type PodLookup = BuildKey & { kube: ReadKube; signal: AbortSignal };

export type PodWatchOptions = PodLookup & {
  /**
   * List of the build's pods, from listPods, if a caller has requested the list already. The watch then makes no first
   * request of its own.
   */
  podList?: Promise<KubeList<StepPod>> | undefined;
};

/** Lists the pods of a build. */
export const listPods = ({ kube, tool, id, signal }: PodLookup): Promise<KubeList<StepPod>> =>
  listPodsOf<StepPod>(kube, { tool, id }, signal);

const watchSeconds = 240;
/** Milliseconds between the end of a watch of pods and the next watch. */
const rewatchMs = 1000;
/** Milliseconds without any watch event after which the pods are listed again, as a watch can stop without an error. */
const maxSilenceMs = 30_000;

const oldest = (pods: StepPod[]): StepPod | undefined =>
  pods.sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))[0];

const isSameVersion = (a: StepPod | undefined, b: StepPod | undefined): boolean =>
  a?.metadata.resourceVersion === b?.metadata.resourceVersion && (a === undefined) === (b === undefined);

/**
 * Keeps the newest state of a build's pod. The watch begins with the first wait, so a finished build costs only one
 * LIST.
 */
export class PodWatch {
  readonly #options: PodWatchOptions;
  readonly #changed = new ChangeSignal();
  #podList: Promise<KubeList<StepPod>> | undefined;
  #pod: StepPod | undefined;
  #resourceVersion: string | undefined;
  #hasUnseenChange = false;
  #isWatching = false;
  #lastEventAt = 0;

  constructor(options: PodWatchOptions) {
    this.#options = options;
    this.#podList = options.podList;
  }

  /** The build's oldest pod, as last seen; undefined while the build has no pod. */
  get current(): StepPod | undefined {
    return this.#pod;
  }

  /** Lists the build's pods and takes over the newest state of the build's pod. */
  async refresh(): Promise<void> {
    const request = this.#podList ?? listPods(this.#options);
    this.#podList = undefined;
    const { items, metadata } = await request;
    this.#resourceVersion = metadata.resourceVersion;
    this.#lastEventAt = Date.now();
    this.#set(oldest(items));
  }

  /**
   * Waits until the build's pod has changed since the last call, for `ms` milliseconds at most. Returns early on abort.
   */
  async change(ms: number): Promise<void> {
    const { signal } = this.#options;
    this.#startWatching();
    await this.#changed.next({ signal, ms: this.#hasUnseenChange ? 0 : ms });
    this.#hasUnseenChange = false;
    if (!signal.aborted && Date.now() - this.#lastEventAt > maxSilenceMs) await this.refresh().catch(() => undefined);
  }

  #set(pod: StepPod | undefined): void {
    if (isSameVersion(pod, this.#pod)) return;
    this.#pod = pod;
    this.#hasUnseenChange = true;
    this.#changed.notify();
  }

  #startWatching(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    void this.#watchUntilAborted();
  }

  /** Watches the build's pods. A watch that broke, or whose resourceVersion has expired, begins again with a LIST. */
  async #watchUntilAborted(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      await this.#watch().catch(() => undefined);
      await sleep(rewatchMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.refresh().catch(() => undefined);
    }
  }

  async #watch(): Promise<void> {
    const { kube, signal } = this.#options;
    const from = this.#resourceVersion === undefined ? {} : { resourceVersion: this.#resourceVersion };
    const options = { labelSelector: podSelector(this.#options), timeoutSeconds: watchSeconds, signal, ...from };
    for await (const { type, object } of kube.watch<StepPod>('pods', options)) {
      this.#lastEventAt = Date.now();
      if (type === 'BOOKMARK' || !isPodOf(object, this.#options)) continue;
      const isThisPod = this.#pod === undefined || this.#pod.metadata.name === object.metadata.name;
      if (isThisPod) this.#set(type === 'DELETED' ? undefined : object);
    }
  }
}
