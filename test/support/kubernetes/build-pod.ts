import type { ContainerState, ContainerStatus, Pod, PodStatus } from '../../../embedded/kubernetes/types.ts';
import type { Kube } from '../../../lib/kube/client.ts';
import { readyAnnotation } from '../../../lib/logs/pod/pod-state.ts';
import { namespace } from './client.ts';
import { startCluster, type TestCluster } from './cluster.ts';
import { MemoryLogs } from './memory-logs.ts';

type LogRequest = { container: string; query: URLSearchParams };

type State = 'waiting' | 'running' | 'terminated';
type Step = { name: string; state: State; exitCode: number };

/**
 * A test cluster with the pod of the build `b-1`. The test sets the states of the steps and writes their logs, as a
 * kubelet does.
 */
export type BuildPodCluster = Pick<TestCluster, 'requests' | 'faults' | 'failAll' | 'close'> & {
  kube: Kube;
  /**
   * Replaces the pod of the build by a new pod, whose steps are all waiting.
   * @param tool Default: `tool`
   * @param mark name in the marks of the steps' logs. Default: the logs have no marks
   */
  setPod(steps: readonly string[], tool?: string, mark?: string): void;
  /** Sets the state of a step of the build. @param exitCode exit code of a terminated step. Default: 0 */
  setState(step: string, state: State, exitCode?: number): void;
  /**
   * Sets further fields of the pod's status, besides its phase and containers. Fields of an earlier call are dropped.
   */
  setStatus(status: object): void;
  /** Sets whether Tekton has let the steps of the pod begin. Default: true */
  setReady(ready: boolean): void;
  removePod(): void;
  /**
   * Adds lines to the log of a step. @param times times of the lines, in RFC 3339 with nine digits. Default: 1 ms apart
   */
  write(step: string, lines: readonly (string | Buffer)[], times?: readonly string[]): void;
  /** Discards all but the last `keep` lines of a step's log, as the kubelet does when a log reaches 10 MiB. */
  rotate(step: string, keep: number): void;
  /** With true, the streams that follow a log get no new lines until the next call with false. */
  hold(held: boolean): void;
  /** Returns the whole log of a step, as the Kubernetes API sends a log with timestamps. */
  raw(step: string): string;
  /** Returns the requests for logs that the Kubernetes API got. */
  logRequests(): LogRequest[];
  requestCount(kind: 'log' | 'watch' | 'list'): number;
  /** Returns the number of open streams that follow a log. */
  followCount(): number;
  /** Resolves when `count` streams follow a log. */
  untilFollowCount(count: number): Promise<void>;
};

const ready = { [readyAnnotation]: 'READY' };

const startedAt = Date.UTC(2026, 10, 22, 8, 2, 11);

/** Returns the time `microseconds` after the start of the build, in RFC 3339 with nine digits of a second. */
export const timeAt = (microseconds: number, base = startedAt): string => {
  const ms = base + Math.floor(microseconds / 1000);
  return new Date(ms).toISOString().replace('Z', `${String(microseconds % 1000).padStart(3, '0')}000Z`);
};

const containerState = ({ state, exitCode }: Step): ContainerState => {
  if (state === 'waiting') return { waiting: { reason: 'PodInitializing' } };
  if (state === 'running') return { running: { startedAt: timeAt(0) } };
  return { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: timeAt(0) } };
};

const containerStatus = (step: Step): ContainerStatus => ({
  ...{ name: `step-${step.name}`, image: 'any', imageID: '', ready: false, restartCount: 0 },
  state: containerState(step),
});

/**
 * The pod of a build in a test, with its steps. The pod's status is written to the API server after each change, as by
 * a kubelet.
 */
class BuildPod {
  readonly #cluster: TestCluster;
  #steps: Step[] = [];
  #status: object = {};
  #pods = 0;
  #lines = 0;

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
  }

  get uid(): string {
    return `pod-${this.#pods}`;
  }

  #pod(): Pod | undefined {
    return this.#cluster.api.objects.get('pods', namespace, 'b-1-pod');
  }

  step(name: string): Step {
    const step = this.#steps.find((one) => one.name === name);
    if (!step) throw new Error(`The pod has no step ${name}.`);
    return step;
  }

  nextTime(): string {
    return timeAt(this.#lines++ * 1000);
  }

  create(names: readonly string[], tool: string, mark: string | undefined): void {
    this.remove();
    this.#pods += 1;
    this.#steps = names.map((name) => ({ name, state: 'waiting', exitCode: 0 }));
    this.#cluster.api.objects.create('pods', {
      metadata: {
        ...{ namespace, name: 'b-1-pod', uid: this.uid },
        labels: { 'tekton.dev/pipelineRun': 'b-1' },
        annotations: { 'builds.toolforge.org/tool': tool, ...ready },
      },
      spec: {
        containers: names.map((name) => ({
          name: `step-${name}`,
          image: 'any',
          ...(mark === undefined ? {} : { env: [{ name: 'STEP_LOG_MARK', value: mark }] }),
        })),
      },
    });
    this.#write();
  }

  remove(): void {
    if (this.#pod()) this.#cluster.api.objects.delete('pods', namespace, 'b-1-pod');
  }

  setState(name: string, state: State, exitCode: number): void {
    Object.assign(this.step(name), { state, exitCode });
    this.#write();
  }

  setStatus(status: object): void {
    this.#status = status;
    this.#write();
  }

  setReady(isReady: boolean): void {
    const pod = this.#pod();
    if (!pod) throw new Error('There is no pod.');
    const { [readyAnnotation]: _, ...others } = pod.metadata.annotations ?? {};
    const annotations = isReady ? { ...others, ...ready } : others;
    this.#cluster.api.objects.update('pods', { ...pod, metadata: { ...pod.metadata, annotations } }, 'main');
  }

  #write(): void {
    const pod = this.#pod();
    if (!pod) return;
    // The kubelet sorts the container statuses by name, so they are not in the order of the steps.
    const containerStatuses = this.#steps.map(containerStatus).sort((a, b) => a.name.localeCompare(b.name));
    const status: PodStatus = { phase: 'Running', containerStatuses, ...this.#status };
    this.#cluster.api.objects.update('pods', { ...pod, status }, 'status');
  }
}

const logRequest = (request: string): LogRequest[] => {
  const url = new URL(request.replace(/^GET /, ''), 'http://kubernetes');
  if (!url.pathname.endsWith('/log')) return [];
  return [{ container: url.searchParams.get('container') ?? '', query: url.searchParams }];
};

const kindOf = (request: string): 'log' | 'watch' | 'list' => {
  if (/\/log\?/.test(request)) return 'log';
  return /[?&]watch=true/.test(request) ? 'watch' : 'list';
};

/**
 * Starts a test cluster for the logs of one build. Its client sends each request once.
 * @param partBytes size in bytes of the parts in which a response's body is sent. Default: as the API server writes it
 */
export const startBuildPodCluster = async ({ partBytes }: { partBytes?: number } = {}): Promise<BuildPodCluster> => {
  const logs = new MemoryLogs();
  const cluster = await startCluster({
    clock: () => startedAt,
    logs: logs.source,
    ...(partBytes === undefined ? {} : { partBytes }),
  });
  cluster.api.objects.watch(() => logs.wake());
  const pod = new BuildPod(cluster);
  const entry = (line: string | Buffer, time: string | undefined) => ({
    time: time ?? pod.nextTime(),
    text: Buffer.concat([Buffer.from(line), Buffer.from('\n')]),
    whole: true,
  });
  return {
    ...cluster,
    kube: cluster.kube({ attempts: 1, timeoutMs: 5000 }),
    setPod: (steps, tool = 'tool', mark = undefined) => pod.create(steps, tool, mark),
    setState: (step, state, exitCode = 0) => pod.setState(step, state, exitCode),
    setStatus: (status) => pod.setStatus(status),
    setReady: (isReady) => pod.setReady(isReady),
    removePod: () => pod.remove(),
    write: (step, lines, times) => {
      const entries = lines.map((line, at) => entry(line, times?.[at]));
      logs.write(pod.uid, `step-${pod.step(step).name}`, entries);
    },
    rotate: (step, keep) => logs.rotate(pod.uid, `step-${step}`, keep),
    hold: (held) => logs.hold(held),
    raw: (step) =>
      Buffer.concat(
        logs.entries(pod.uid, `step-${step}`).flatMap(({ time, text }) => [Buffer.from(`${time} `), text]),
      ).toString(),
    logRequests: () => cluster.requests.flatMap(logRequest),
    requestCount: (kind) => cluster.requests.filter((request) => kindOf(request) === kind).length,
    followCount: () => logs.follows,
    untilFollowCount: (count) => logs.until(() => logs.follows === count),
  };
};
