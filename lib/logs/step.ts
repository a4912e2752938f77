import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kube } from '../kube/client.ts';
import { KubeError } from '../kube/error.ts';
import type { Cursor } from './cursor.ts';
import type { Detector } from './detect.ts';
import type { Piece } from './lines.ts';
import { backoffMs, isPassing, patience, patiently, unreadable } from './patience.ts';
import { containerOf, containerState, type PodWatch } from './pods.ts';
import { createStepLines, type StepLines } from './step-lines.ts';
import type { LogEvent } from './types.ts';

/** What all parts of one reading of a build share. */
export type Reading = {
  kube: Kube;
  pods: PodWatch;
  detect: Detector;
  /** Of cursorTag. */
  tag: string;
  follow: boolean;
  signal: AbortSignal;
  /** Before the first try after a failure. */
  retryMs: number;
  /** Waits a while for a step that hasn't begun. A note why, if that is news; and whether waiting still makes sense. */
  wait: () => Promise<{ notes: LogEvent[]; hopeless: boolean }>;
  /** A container was seen running, or having run. */
  ran: boolean;
};

/** done: read to its end. open: it may get longer. gone: what is left of it can't be read any more. */
export type StepOutcome = 'done' | 'open' | 'gone';

type PassEnd = { end: 'clean' | 'broken' | 'refused'; error?: unknown };

/** Where one pass begins, and what the passes before it have learnt. */
type Place = {
  from: Cursor | undefined;
  /** The line of `from` is gone: only its time helps. */
  byTime: boolean;
  /** Passes in a row that brought nothing. */
  failures: number;
  /** The last line of a pass that seemed to be whole but was not, as far as the kubelet's last line tells. */
  compared?: { last: Piece | undefined };
};

async function* untilStarted(
  reading: Reading,
  step: string,
): AsyncGenerator<LogEvent[], 'running' | 'terminated' | StepOutcome> {
  for (;;) {
    const pod = reading.pods.current();
    if (!pod) return 'gone';
    const state = containerState(pod, step);
    if (state === 'never') return 'done';
    if (state !== 'waiting') return state;
    if (!reading.follow) return 'open';
    const { notes, hopeless } = await reading.wait();
    if (notes.length > 0) yield notes;
    if (hopeless) return 'done';
  }
}

/** The whole second before the cursor's: runtimes write the two streams' lines slightly out of order. */
const sinceTime = (from: Cursor): string =>
  new Date(Math.max(0, from.seconds - 1) * 1000).toISOString().replace('.000', '');

/** The container isn't ready to be asked (400), or the pod has just gone (404). */
const isRefusal = (error: unknown): boolean =>
  error instanceof KubeError && (error.status === 400 || error.status === 404);

async function* readOnce(
  { kube, pods, signal }: Reading,
  step: string,
  lines: StepLines,
  { follow, from }: { follow: boolean; from: Cursor | undefined },
): AsyncGenerator<LogEvent[], PassEnd> {
  let stream: Readable | undefined;
  try {
    const since = from ? { sinceTime: sinceTime(from) } : {};
    const pod = pods.current()?.metadata.name ?? '';
    stream = await kube.podLog(pod, { container: containerOf(step), follow, ...since, signal });
    for await (const bytes of stream) {
      const events = lines.push(bytes as Uint8Array);
      if (events.length > 0) yield events;
      if (lines.passed()) break;
    }
    return { end: 'clean' };
  } catch (error) {
    signal.throwIfAborted();
    if (isRefusal(error)) return { end: 'refused', error };
    if (!isPassing(error)) throw error;
    return { end: 'broken', error };
  } finally {
    stream?.destroy();
  }
}

/** The log's last line, as the kubelet has it. */
const lastLine = async ({ kube, pods, signal, tag, detect }: Reading, step: string): Promise<Piece | undefined> => {
  const pod = pods.current()?.metadata.name ?? '';
  const stream = await kube.podLog(pod, { container: containerOf(step), tailLines: 1, signal });
  const lines = createStepLines({ tag, step, detect });
  for await (const bytes of stream) lines.push(bytes as Uint8Array);
  lines.finish();
  return lines.lastRaw();
};

const sameLine = (a: Piece | undefined, b: Piece | undefined): boolean => a?.time === b?.time && a?.text === b?.text;

/**
 * Whether the log of a container that has ended was read to its end. A clean end of the stream proves nothing: the API
 * server ends its answer cleanly when the kubelet goes away. So the last line is compared with the kubelet's; where they
 * differ though a second pass found nothing more, the kubelet's is a part of a line (CRI tag P), and all is read.
 */
const isWhole = async (reading: Reading, step: string, last: Piece | undefined, place: Place): Promise<boolean> => {
  if (place.compared && sameLine(place.compared.last, last)) return true;
  place.compared = { last };
  const kubelets = await lastLine(reading, step).catch((error: unknown) => {
    reading.signal.throwIfAborted();
    if (isRefusal(error) || isPassing(error)) return null;
    throw error;
  });
  if (kubelets === null) delete place.compared;
  return kubelets !== null && sameLine(kubelets, last);
};

const rotated = (step: string, line: number): LogEvent => ({
  type: 'note',
  text: `lines of step ${step} are missing here: the node no longer has them`,
  lasting: { step, line, gap: true },
});

type Pass = PassEnd & {
  lines: StepLines;
  /** The container has ended. */
  ended: boolean;
  /** The pass came as far as its beginning. */
  reached: boolean;
};

/** What came after the last line feed is a line only if all was read; undefined when it was not. */
const wholeRest = async (reading: Reading, step: string, place: Place, pass: Pass): Promise<LogEvent[] | undefined> => {
  if (pass.end !== 'clean' || !pass.ended || !pass.reached) return undefined;
  const rest = pass.lines.finish();
  return (await isWhole(reading, step, pass.lines.lastRaw(), place)) ? rest : undefined;
};

/** The line to go on behind is no longer there. */
const isMissing = ({ end, ended, reached, lines }: Pass): boolean =>
  end === 'clean' && !reached && (ended || lines.passed());

/** Moves the place to where the next pass begins. @throws ApiError when there were too many in vain */
const advance = (place: Place, position: Cursor | undefined, { end, error }: Pass): void => {
  const moved = position !== place.from;
  place.failures = moved || end === 'clean' ? 0 : place.failures + 1;
  if (moved) place.byTime = false;
  place.from = position;
  if (place.failures >= patience) throw unreadable(error);
};

/** The kubelet has no log of a container that has ended. */
const isRemoved = ({ failures }: Place, { end, ended, lines }: Pass): boolean =>
  ended && (lines.unavailable() || (end === 'refused' && failures >= 3));

/** Takes one pass's end into account; the outcome if that was the last one. */
async function* settle(
  reading: Reading,
  step: string,
  place: Place,
  lines: StepLines,
  passEnd: PassEnd,
): AsyncGenerator<LogEvent[], StepOutcome | undefined> {
  const position = lines.position();
  await patiently(reading, () => reading.pods.refresh());
  const pod = reading.pods.current();
  if (!pod) return 'gone';
  const ended = containerState(pod, step) === 'terminated';
  const pass: Pass = { ...passEnd, lines, ended, reached: lines.found() || place.byTime };
  if (isRemoved(place, pass)) return 'gone';
  const rest = await wholeRest(reading, step, place, pass);
  if (rest && rest.length > 0) yield rest;
  if (rest) return 'done';
  if (pass.end === 'clean' && !ended && !reading.follow) return 'open';
  if (place.from && isMissing(pass)) {
    yield [rotated(step, place.from.line + 1)];
    place.byTime = true;
  } else {
    advance(place, position, pass);
  }
  return undefined;
}

/**
 * One step's log from behind the cursor to its end, or to what is there when nobody follows. A stream that breaks is
 * taken up where it broke: nothing is lost or doubled.
 *
 * @throws ApiError 503 `log_unavailable` when nothing can be read for long
 */
export async function* readStep(
  reading: Reading,
  step: string,
  from: Cursor | undefined,
): AsyncGenerator<LogEvent[], StepOutcome> {
  const { tag, detect, signal } = reading;
  const place: Place = { from, byTime: false, failures: 0 };
  for (;;) {
    const state = yield* untilStarted(reading, step);
    if (state !== 'running' && state !== 'terminated') return state;
    reading.ran = true;
    const lines = createStepLines({ tag, step, detect, from: place.from, byTime: place.byTime });
    const follow = reading.follow && state === 'running';
    const passEnd = yield* readOnce(reading, step, lines, { follow, from: place.from });
    const outcome = yield* settle(reading, step, place, lines, passEnd);
    if (outcome) return outcome;
    await sleep(backoffMs(reading.retryMs, place.failures), undefined, { signal });
  }
}
