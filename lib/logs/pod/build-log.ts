import { ApiError } from '../../errors.ts';
import type { ReadKube } from '../../kube/client.ts';
import type { KubeList } from '../../kube/resources.ts';
import type { Cursor } from '../cursor.ts';
import { cursorTag, encodeCursor } from '../cursor.ts';
import { messageMask } from '../masking/mask-message.ts';
import type { SecretFinder } from '../masking/secret-finder.ts';
import { retryReads } from '../retry.ts';
import {
  type BuildState,
  type BuildView,
  hasBuildEnded,
  type LogEnd,
  type LogEvent,
  type LogEvents,
  lastLineOf,
} from '../types.ts';
import { containerState, createPodWatch, podWaits, type StepPod, stepResult, stepsOf } from './pod-watch.ts';
import type { SpoolOptions } from './spool.ts';
import { podGone } from './step-lines.ts';
import { type Reading, type RotationCheck, readStep, type StepOutcome, untilPresent } from './step-log.ts';

export type BuildLogOptions = {
  kube: ReadKube;
  view: BuildView;
  /** Of createDetector: what is masked. */
  findSecrets: SecretFinder;
  /** Names without `step-`. The log of any other step is never asked for. */
  allowedSteps: readonly string[];
  /** Stay until the build has finished. */
  follow: boolean;
  spool?: SpoolOptions;
  /** Of listPods, asked for beforehand. */
  podList?: Promise<KubeList<StepPod>>;
  /** Of Reading. */
  firstRequestBytes?: number;
  rotationCheck?: RotationCheck;
  signal: AbortSignal;
  /** Begin behind this line; it must be one of this build's (shownCursor). */
  from?: Cursor | undefined;
  /** Only this step. */
  step?: string | undefined;
  /** Milliseconds between two looks at the ledger while nothing happens: at first, doubled up to the most. */
  pollMs?: { first: number; most: number };
  retryMs?: number;
};

const defaultSampling: RotationCheck = { fromBytes: 1 << 20, everyMs: 4000 };

/** In memory alone, and little of it: every reader that follows alone has its own. */
const defaultSpool: SpoolOptions = { memoryBytes: 32 << 10, fileBytes: 0 };

/** How often a finished build's pod is looked at for a container that should have ended. */
const settleLooks = 10;

type Waiting = {
  /** Looks at the ledger once and, if the build isn't final, waits for a change. */
  look(): Promise<BuildState>;
  pause(): Promise<void>;
  /** The note, if it is another one than before. */
  note(reason: string): LogEvent[];
};

const createWaiting = (options: BuildLogOptions, reading: Pick<Reading, 'pods' | 'signal' | 'retryMs'>): Waiting => {
  const { first, most } = options.pollMs ?? { first: 250, most: 5000 };
  const safe = messageMask(options.findSecrets);
  let ms = first;
  let said = '';
  return {
    look: () => retryReads(reading, () => options.view.read()),
    pause: async () => {
      await reading.pods.change(ms);
      reading.signal.throwIfAborted();
      ms = Math.min(most, ms * 2);
    },
    note: (reason) => {
      if (reason === said) return [];
      said = reason;
      ms = first;
      return [{ type: 'note', text: safe(`waiting: ${reason}`) }];
    },
  };
};

const ledgerWaits = ({ queuePosition, waiting }: BuildState): string => {
  if (queuePosition !== undefined) return `position ${queuePosition} in the queue`;
  return waiting ?? 'the build is being started';
};

/** Until the build has a pod; undefined when it never gets one, or nobody stays. */
async function* untilPod({ pods, follow }: Reading, waiting: Waiting): AsyncGenerator<LogEvent[], StepPod | undefined> {
  for (;;) {
    const state = await waiting.look();
    const pod = pods.current();
    if (pod || hasBuildEnded(state.build)) return pod;
    const notes = waiting.note(ledgerWaits(state));
    if (notes.length > 0) yield notes;
    if (!follow) return undefined;
    await waiting.pause();
  }
}

/** A step whose log is not shown: one note with its result. */
async function* resultOnly(reading: Reading, step: string): AsyncGenerator<LogEvent[], StepOutcome> {
  for (;;) {
    const pod = yield* untilPresent(reading);
    if (!pod) return 'gone';
    const state = containerState(pod, step);
    if (state === 'terminated' || state === 'never') {
      yield [{ type: 'note', text: `step ${step} ${stepResult(pod, step)}`, position: { step, line: 0 } }];
      return 'done';
    }
    if (!reading.follow) return 'open';
    const { notes, hopeless } = await reading.wait();
    if (notes.length > 0 && state === 'waiting') yield notes;
    if (hopeless) return 'done';
  }
}

const unknownStep = (): ApiError =>
  new ApiError(
    400,
    'cursor_invalid',
    'This build has no step of the name in the cursor. Read from the start without it.',
  );

/** A pod that is gone matters only where a log is still to be read. */
const outcomeOf = (outcome: StepOutcome, left: readonly string[], { allowedSteps }: BuildLogOptions): StepOutcome =>
  outcome === 'gone' && !left.some((step) => allowedSteps.includes(step)) ? 'done' : outcome;

async function* allSteps(
  options: BuildLogOptions,
  reading: Reading,
  pod: StepPod,
): AsyncGenerator<LogEvent[], StepOutcome> {
  const { allowedSteps, from } = options;
  const plan = stepsOf(pod);
  const first = from ? plan.indexOf(from.step) : 0;
  if (first < 0) throw unknownStep();
  yield [{ type: 'plan', steps: plan }];
  const wanted = plan.slice(first).filter((step) => options.step === undefined || options.step === step);
  for (const [at, step] of wanted.entries()) {
    const outcome = yield* allowedSteps.includes(step)
      ? readStep(reading, step, step === from?.step ? from : undefined)
      : resultOnly(reading, step);
    if (outcome !== 'done') return outcomeOf(outcome, wanted.slice(at), options);
    yield [{ type: 'done', step }];
  }
  return 'done';
}

type Seen = { outcome: StepOutcome; ran: boolean; gaps: readonly string[] };

/** What the notes about missing lines say, as a log's reason; undefined without any. */
export const gapReason = ([first, ...others]: readonly string[]): string | undefined =>
  first && others.length > 0 ? `${first} (and in ${others.length} more places)` : first;

const endOf = ({ build: entry }: BuildState, { outcome, ran, gaps }: Seen): LogEnd => {
  const { status } = entry;
  if (!hasBuildEnded(entry) || outcome === 'open') return { type: 'end', status, log: 'live' };
  if (outcome === 'gone' && ran) return { type: 'end', status, log: 'lost', reason: podGone };
  const reason = gapReason(gaps);
  return { type: 'end', status, ...(reason === undefined ? { log: 'complete' } : { log: 'truncated', reason }) };
};

const untilFinal = async ({ follow }: Reading, waiting: Waiting): Promise<BuildState> => {
  for (;;) {
    const state = await waiting.look();
    if (hasBuildEnded(state.build) || !follow) return state;
    await waiting.pause();
  }
};

const createReading = (options: BuildLogOptions, signal: AbortSignal, id: string) => {
  const {
    kube,
    findSecrets,
    follow,
    spool = defaultSpool,
    rotationCheck: sampling = defaultSampling,
    firstRequestBytes: headBytes,
    retryMs = 100,
  } = options;
  const pods = createPodWatch({ kube, id, signal, listed: options.podList });
  const waiting = createWaiting(options, { pods, signal, retryMs });
  let looks = 0;
  const wait = async () => {
    const state = await waiting.look();
    if (hasBuildEnded(state.build)) looks += 1;
    const pod = pods.current();
    const notes = pod && !hasBuildEnded(state.build) ? waiting.note(podWaits(pod)) : [];
    if (notes.length === 0) await waiting.pause();
    return { notes, hopeless: looks > settleLooks };
  };
  const reading: Reading = {
    kube,
    pods,
    findSecrets,
    tag: cursorTag(id),
    follow,
    spool,
    rotationCheck: sampling,
    firstRequestBytes: headBytes,
    signal,
    retryMs,
    wait,
    hasEnded: async () => hasBuildEnded((await waiting.look()).build),
    ran: false,
  };
  return { reading, waiting };
};

async function* build(options: BuildLogOptions, signal: AbortSignal): LogEvents {
  const { build: entry } = await options.view.read();
  const { reading, waiting } = createReading(options, signal, entry.id);
  await reading.pods.refresh();
  const pod = yield* untilPod(reading, waiting);
  let cursor = options.from && encodeCursor(reading.tag, options.from);
  const gaps: string[] = [];
  let outcome: StepOutcome = 'gone';
  if (pod) {
    const steps = allSteps(options, reading, pod);
    let next = await steps.next();
    for (; !next.done; next = await steps.next()) {
      cursor = lastLineOf(next.value)?.cursor ?? cursor;
      gaps.push(...next.value.flatMap((event) => (event.type === 'note' && event.position?.gap ? [event.text] : [])));
      yield next.value;
    }
    outcome = next.value;
  }
  const state = await untilFinal(reading, waiting);
  const ran = pod ? reading.ran : state.build.startedAt !== undefined;
  yield [{ ...endOf(state, { outcome, ran, gaps }), ...(cursor === undefined ? {} : { cursor }) }];
}

/**
 * A build's log from its pod: the steps in their order, one stream open at a time, then the end with the final status.
 * Before they begin, notes say why they wait. Without `follow`: what is there, and an end whose log is `live` while more
 * may come.
 *
 * Readers of one build in one instance can share this generator; nothing else asks the API server for logs.
 *
 * @throws ApiError 400 `cursor_invalid`, 503 `log_unavailable`
 */
export async function* readBuildLog(options: BuildLogOptions): LogEvents {
  const control = new AbortController();
  try {
    yield* build(options, AbortSignal.any([options.signal, control.signal]));
  } finally {
    control.abort();
  }
}
