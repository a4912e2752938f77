import { anySignal } from '../../abort.ts';
import type { ReadKube } from '../../kube/client.ts';
import type { KubeList } from '../../kube/resources.ts';
import type { BuildRecord } from '../../ledger/types.ts';
import { cursorTag, encodeCursor } from '../cursor.ts';
import { secretsOfBuild } from '../masking/build-secrets.ts';
import { type SecretFinder, withKnownValues } from '../masking/secret-finder.ts';
import { type BuildView, hasBuildEnded, type LogEvent, type LogEvents } from '../types.ts';
import { readSteps, type StepSelection } from './build-steps.ts';
import { BuildWait, type BuildWaitOptions } from './build-wait.ts';
import { LogSummary } from './log-summary.ts';
import type { StepPod } from './pod-state.ts';
import { PodWatch } from './pod-watch.ts';
import { type Reading, ReadingState, type RotationCheck, type StepOutcome } from './reading.ts';
import type { SpoolOptions } from './spool.ts';

export type BuildLogOptions = StepSelection & {
  kube: ReadKube;
  /** The tool whose build `view` reads. Pods of other tools are never read. */
  tool: string;
  view: BuildView;
  /** Finds the secrets of a log, which are then masked. The secrets among the build's envvars are added to it. */
  findSecrets: SecretFinder;
  /** Whether the reader follows the log until the build has ended. */
  follow: boolean;
  /** Whether the present states of unfinished lines are shown. Default: where the reader follows the log. */
  showsStates?: boolean;
  /**
   * Sizes of the read-ahead of a log stream. Default: 32 KiB of memory and no file, since each stream has a spool of
   * its own.
   */
  spool?: SpoolOptions;
  /** List of the build's pods, from listPods, if a caller has requested the list already. Default: a new request. */
  podList?: Promise<KubeList<StepPod>>;
  /**
   * Size limit of the first log request for a container that has ended, in bytes; a second request brings the rest.
   * Without the limit the node reads megabytes ahead before readers see the beginning. Default: one request without a
   * limit.
   */
  firstRequestBytes?: number;
  /**
   * Settings of the lookups of a log's newest line, which detect rotation. Default: every 4 s, in logs of 1 MiB or
   * more.
   */
  rotationCheck?: RotationCheck;
  signal: AbortSignal;
  /** Milliseconds between two reads of the ledger while a build makes no progress. Default: 250, doubled up to 5000. */
  pollMs?: BuildWaitOptions['pollMs'];
  /** Delay before the first retry of a failed request, in milliseconds. Default: 100. */
  retryMs?: number;
};

const defaultRotationCheck: RotationCheck = { fromBytes: 1 << 20, everyMs: 4000 };

const defaultSpool: SpoolOptions = { memoryBytes: 32 << 10, fileBytes: 0 };

const createReading = (options: BuildLogOptions, signal: AbortSignal, { id, parameters }: BuildRecord): Reading => {
  const { kube, tool, view, follow, showsStates = follow, retryMs = 100, pollMs, podList, firstRequestBytes } = options;
  const { spool = defaultSpool, rotationCheck = defaultRotationCheck } = options;
  const secrets = secretsOfBuild(parameters.envvars);
  const findSecrets = withKnownValues(options.findSecrets, secrets);
  const pods = new PodWatch({ kube, tool, id, signal, podList });
  const wait = new BuildWait({ view, pods, findSecrets, signal, retryMs, pollMs });
  const state = new ReadingState(firstRequestBytes);
  const shared = { kube, pods, wait, findSecrets, secrets, tag: cursorTag(id), state };
  return { ...shared, follow, showsStates, spool, rotationCheck, signal, retryMs };
};

/**
 * Waits until a build has a pod. Notes say why the build waits.
 * @returns undefined if the build never gets a pod, or without `follow`
 */
async function* waitForFirstPod({ pods, wait, follow }: Reading): AsyncGenerator<LogEvent[], StepPod | undefined> {
  for (;;) {
    const state = await wait.read();
    const pod = pods.current;
    if (pod || hasBuildEnded(state.build)) return pod;
    const notes = wait.noteLedger(state);
    if (notes.length > 0) yield notes;
    if (!follow) return undefined;
    await wait.pause();
  }
}

async function* summarizeSteps(
  reading: Reading,
  pod: StepPod,
  options: BuildLogOptions,
  summary: LogSummary,
): AsyncGenerator<LogEvent[], StepOutcome> {
  const steps = readSteps(reading, pod, options);
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      summary.add(value);
      yield value;
    }
  } finally {
    await steps.return('open');
  }
}

/**
 * Reads a build's log from its pod: the steps one after another with one stream open at a time, then the end event with
 * the build's final status. Before the steps begin, notes say why the build waits. Without `follow` the reading ends
 * with what the pod has printed so far, and the end event has the log state `live` if more lines may come. Only this
 * function requests logs from the API server.
 *
 * @throws ApiError 400 `cursor_invalid`, 503 `log_unavailable`
 */
export async function* readBuildLog(options: BuildLogOptions): LogEvents {
  const control = new AbortController();
  try {
    const { build } = await options.view.read();
    const reading = createReading(options, anySignal(options.signal, control.signal), build);
    const summary = new LogSummary(options.from && encodeCursor(reading.tag, options.from));
    await reading.pods.refresh();
    const pod = yield* waitForFirstPod(reading);
    const outcome = pod ? yield* summarizeSteps(reading, pod, options, summary) : 'gone';
    const state = await reading.wait.untilEnd(reading.follow);
    const hasRun = pod ? reading.state.hasRun : state.build.startedAt !== undefined;
    yield [summary.end(state, outcome, hasRun)];
  } finally {
    control.abort();
  }
}
