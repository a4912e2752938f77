import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PodLogOptions, ReadKube } from '../../kube/client.ts';
import { KubeError } from '../../kube/kube-error.ts';
import type { Cursor } from '../cursor.ts';
import type { SecretFinder } from '../masking/secret-finder.ts';
import { backoffMs, isTemporary, retryLimit, retryReads, unreadable } from '../retry.ts';
import type { LogEvent } from '../types.ts';
import type { RawLine } from './lines.ts';
import { containerOf, containerState, type PodWatch, type StepPod } from './pod-watch.ts';
import { createRotationDetector, type RotationDetector } from './rotation-detector.ts';
import { readAhead, type SpoolOptions } from './spool.ts';
import { createStepLines, type Missing, type StepLines } from './step-lines.ts';

/** What all parts of one reading of a build share. */
export type Reading = {
  kube: ReadKube;
  pods: PodWatch;
  findSecrets: SecretFinder;
  /** Of cursorTag. */
  tag: string;
  follow: boolean;
  /** Between the log, which is read as fast as it comes, and what reads it, which may be slower. */
  spool: SpoolOptions;
  rotationCheck: RotationCheck;
  signal: AbortSignal;
  /**
   * So much of the first log, if its container has ended, is asked for before all of it: else the node reads ahead by
   * megabytes, at the cost of those who only want to see the beginning. Undefined once that is done.
   */
  firstRequestBytes?: number | undefined;
  /** Before the first try after a failure. */
  retryMs: number;
  /** Waits a while for a step that hasn't begun. A note why, if that is news; and whether waiting still makes sense. */
  wait: () => Promise<{ notes: LogEvent[]; hopeless: boolean }>;
  /** Whether the build has ended, as the ledger has it. */
  hasEnded: () => Promise<boolean>;
  /** A container was seen running, or having run. */
  ran: boolean;
};

/** When the newest line is looked up beside the stream: a log that hasn't grown to so many bytes was not rotated. */
export type RotationCheck = { fromBytes: number; everyMs: number };

/** done: read to its end. open: it may get longer. gone: what is left of it can't be read any more. */
export type StepOutcome = 'done' | 'open' | 'gone';

/** cut: there is as much as was asked for, and there may be more. */
type PassEnd = { end: 'clean' | 'broken' | 'refused' | 'cut'; error?: unknown };

/** Where one pass begins, and what the passes before it have learnt. */
type Place = {
  from: Cursor | undefined;
  /** The line of `from` is gone: only its time helps. */
  missing: Missing | undefined;
  /** The container ended while it was followed, and so did the stream: what is missing since the samples tell. */
  followed: boolean;
  /** The pod that was read last. */
  pod?: string | undefined;
  /** Passes in a row that brought nothing. */
  failures: number;
  samples: RotationDetector;
  /** Of all passes. */
  bytes: number;
  /** The last line of a pass that seemed to be whole but was not, as far as the kubelet's last line tells. */
  compared?: { last: RawLine | undefined };
};

/** Tekton makes a pod that was deleted again, unless the build has ended. Undefined when there will be none. */
export async function* untilPresent(reading: Reading): AsyncGenerator<LogEvent[], StepPod | undefined> {
  for (;;) {
    const pod = reading.pods.current();
    if (pod || !reading.follow) return pod;
    if (await reading.hasEnded()) {
      await retryReads(reading, () => reading.pods.refresh());
      return reading.pods.current();
    }
    const { notes } = await reading.wait();
    if (notes.length > 0) yield notes;
  }
}

async function* untilStarted(
  reading: Reading,
  step: string,
): AsyncGenerator<LogEvent[], 'running' | 'terminated' | StepOutcome> {
  for (;;) {
    const pod = yield* untilPresent(reading);
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

/** Looks up the newest line, again and again. @returns what ends it */
const startSampling = (reading: Reading, step: string, place: Place, lines: StepLines): (() => void) => {
  const { everyMs } = reading.rotationCheck;
  const over = new AbortController();
  const signal = AbortSignal.any([reading.signal, over.signal]);
  const sample = async (): Promise<void> => {
    for (;;) {
      await lastLine({ ...reading, signal }, step).then(
        (newest) => place.samples.add(newest, lines.lastRaw()),
        () => signal.aborted || place.samples.fail(),
      );
      await sleep(everyMs, undefined, { signal, ref: false });
    }
  };
  sample().catch(() => undefined);
  return () => over.abort();
};

const stepLog = (
  { kube, pods, signal }: Reading,
  step: string,
  options: Omit<PodLogOptions, 'container' | 'signal'>,
): Promise<Readable> =>
  kube.podLog(pods.current()?.metadata.name ?? '', { ...options, container: containerOf(step), signal });

type Opening = { follow: boolean; from: Cursor | undefined; limitBytes: number | undefined };

const openLog = async (
  reading: Reading,
  step: string,
  { from, ...options }: Opening,
): Promise<AsyncIterable<Uint8Array>> => {
  const stream = await stepLog(reading, step, { ...options, ...(from ? { sinceTime: sinceTime(from) } : {}) });
  return readAhead(stream, reading.spool, reading.signal);
};

/** @throws what does not pass */
const passEndOf = (error: unknown, signal: AbortSignal): PassEnd => {
  signal.throwIfAborted();
  if (isRefusal(error)) return { end: 'refused', error };
  if (!isTemporary(error)) throw error;
  return { end: 'broken', error };
};

async function* readOnce(
  reading: Reading,
  step: string,
  lines: StepLines,
  { follow, place, limitBytes }: { follow: boolean; place: Place; limitBytes: number | undefined },
): AsyncGenerator<LogEvent[], PassEnd> {
  let stopSampling: (() => void) | undefined;
  let left = limitBytes ?? Number.POSITIVE_INFINITY;
  try {
    // Leaving the loop ends the stream.
    for await (const bytes of await openLog(reading, step, { follow, limitBytes, from: place.from })) {
      place.bytes += bytes.length;
      left -= bytes.length;
      if (follow && place.bytes >= reading.rotationCheck.fromBytes)
        stopSampling ??= startSampling(reading, step, place, lines);
      const events = lines.push(bytes);
      if (events.length > 0) yield events;
      if (lines.passed()) break;
    }
    return { end: left > 0 ? 'clean' : 'cut' };
  } catch (error) {
    return passEndOf(error, reading.signal);
  } finally {
    stopSampling?.();
  }
}

/** The log's last line, as the kubelet has it. */
const lastLine = async (reading: Reading, step: string): Promise<RawLine | undefined> => {
  const { tag, findSecrets } = reading;
  const lines = createStepLines({ tag, step, findSecrets });
  for await (const bytes of await stepLog(reading, step, { tailLines: 1 })) lines.push(bytes as Uint8Array);
  lines.finish();
  return lines.lastRaw();
};

const sameLine = (a: RawLine | undefined, b: RawLine | undefined): boolean =>
  a?.time === b?.time && a?.text === b?.text;

/**
 * Whether the log of a container that has ended was read to its end. A clean end of the stream proves nothing: the API
 * server ends its answer cleanly when the kubelet goes away. So the last line is compared with the kubelet's; where they
 * differ though a second pass found nothing more, the kubelet's is a part of a line (CRI tag P), and all is read. A log
 * that was rotated behind its last line has none; then the samples tell.
 */
const isWhole = async (reading: Reading, step: string, last: RawLine | undefined, place: Place): Promise<boolean> => {
  if (place.compared && sameLine(place.compared.last, last)) return true;
  place.compared = { last };
  const kubelets = await lastLine(reading, step).catch((error: unknown) => {
    reading.signal.throwIfAborted();
    if (isRefusal(error) || isTemporary(error)) return null;
    throw error;
  });
  if (kubelets === null) delete place.compared;
  if (kubelets === undefined && reading.follow && !place.samples.open()) return true;
  return kubelets !== null && sameLine(kubelets, last);
};

type Pass = PassEnd & {
  lines: StepLines;
  follow: boolean;
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

/** The container has ended, and so has its stream, as far as it leads; samples tell whether there was more. */
const hasArchiver = ({ samples }: Place, { follow, end, ended, lines }: Pass): boolean =>
  follow && end === 'clean' && ended && samples.cover(lines.lastRaw());

/** Moves the place to where the next pass begins. @throws ApiError when there were too many in vain */
const advance = (place: Place, position: Cursor | undefined, pass: Pass): void => {
  const { end, error } = pass;
  const moved = position !== place.from;
  place.failures = moved || end === 'clean' ? 0 : place.failures + 1;
  if (moved) {
    place.missing = undefined;
    place.followed = hasArchiver(place, pass);
  }
  place.from = position;
  if (place.failures >= retryLimit) throw unreadable(error);
};

/** From here on only times help. */
const miss = (place: Place, missing: Missing): void => {
  place.missing = missing;
  place.followed = false;
  // What they would tell is known.
  place.samples.clear();
};

/**
 * The line to go on behind is in a file that the kubelet no longer serves. A stream that has come to that file's end
 * after the container's is not led on to the next file: nothing is missing then, unless there was one between.
 */
const missRotated = (place: Place): void => {
  if (place.followed) place.missing = 'rotated';
  else miss(place, 'rotated');
};

/** A pod that was deleted is made again by Tekton, and its steps begin anew. */
const notePod = (place: Place, pod: string | undefined): void => {
  if (place.from && place.pod !== undefined && place.pod !== pod) miss(place, 'replaced');
  place.pod = pod;
};

/** The kubelet has no log of a container that has ended. */
const isRemoved = ({ failures }: Place, { end, ended, lines }: Pass): boolean =>
  ended && (lines.unavailable() || (end === 'refused' && failures >= 3));

/** Takes one pass's end into account; the outcome if that was the last one. */
async function* settle(
  reading: Reading,
  step: string,
  place: Place,
  { lines, ...passEnd }: PassEnd & Pick<Pass, 'lines' | 'follow'>,
): AsyncGenerator<LogEvent[], StepOutcome | undefined> {
  const position = lines.position();
  await retryReads(reading, () => reading.pods.refresh());
  const pod = reading.pods.current();
  if (!pod) {
    // What there was of it is gone; another pod may begin anew.
    place.from = position;
    return reading.follow ? undefined : 'gone';
  }
  const ended = containerState(pod, step) === 'terminated';
  const pass: Pass = { ...passEnd, lines, ended, reached: lines.found() || place.missing !== undefined };
  if (isRemoved(place, pass)) return 'gone';
  const rest = await wholeRest(reading, step, place, pass);
  if (rest) {
    const events = [...rest, ...lines.missing()];
    if (events.length > 0) yield events;
    return 'done';
  }
  if (pass.end === 'clean' && !ended && !reading.follow) return 'open';
  if (place.from && isMissing(pass)) {
    missRotated(place);
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
  const { tag, findSecrets, signal } = reading;
  const samples = createRotationDetector();
  const place: Place = { from, missing: undefined, followed: false, failures: 0, samples, bytes: 0 };
  for (;;) {
    const state = yield* untilStarted(reading, step);
    if (state !== 'running' && state !== 'terminated') return state;
    reading.ran = true;
    notePod(place, reading.pods.current()?.metadata.uid);
    const { missing, followed: sampled } = place;
    const lines = createStepLines({ tag, step, findSecrets, from: place.from, missing, samples, sampled });
    const follow = reading.follow && state === 'running';
    const limitBytes = follow || place.from ? undefined : reading.firstRequestBytes;
    reading.firstRequestBytes = undefined;
    const passEnd = yield* readOnce(reading, step, lines, { follow, place, limitBytes });
    if (passEnd.end === 'cut') {
      place.from = lines.position();
      continue;
    }
    const outcome = yield* settle(reading, step, place, { ...passEnd, lines, follow });
    if (outcome) return outcome;
    await sleep(backoffMs(reading.retryMs, place.failures), undefined, { signal });
  }
}
