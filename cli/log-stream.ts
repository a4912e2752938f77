import { isSection, textAt } from '../lib/kube/kubeconfig-file.ts';
import { parsed } from './answers.ts';
import type { Api, LogQuery } from './api.ts';
import { EXIT, Failure } from './failure.ts';
import type { Incoming } from './http.ts';
import { mayRetry, networkFailure } from './network-errors.ts';
import { backoff, type RetryOptions } from './retry.ts';

export type LogLine = { type: 'line'; step: string; time: string; line: string; number?: number; cursor?: string };
/** With a cursor: the stream ends, the log goes on there. */
export type LogNote = { type: 'note'; note: string; cursor?: string; hand_over?: true };
export type LogEnd = { type: 'end'; status: string; log: string; reason: string; cursor?: string };
export type LogEvent = LogLine | LogNote | LogEnd;

const MOST_CUTS = 6;
/** Milliseconds: whoever stops must not be asked again at once. */
const HAND_OVER_PAUSE = 100;
const UNFINISHED = new Set(['BUILD_PENDING', 'BUILD_RUNNING']);

/** Lines that end in "\n" (no other separator), and what stands after the last one. */
async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const pieces = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = pieces.pop() ?? '';
    yield* pieces;
  }
  // Half an object is no JSON; a whole one without its "\n" counts.
  if (rest !== '') yield rest;
}

/** The event in a line; undefined for blank lines, halves, and types this program does not know. */
function eventIn(text: string): LogEvent | undefined {
  const value = parsed(text);
  if (!isSection(value)) return undefined;
  const string = (key: string) => textAt(value, key) ?? '';
  const cursor = textAt(value, 'cursor');
  const at = cursor === undefined ? {} : { cursor };
  if (value.type === 'line') {
    const number = typeof value.number === 'number' ? { number: value.number } : {};
    return { type: 'line', step: string('step'), time: string('time'), line: string('line'), ...number, ...at };
  }
  if (value.type === 'note') {
    const note = { type: 'note', note: string('note') } as const;
    return value.hand_over === true ? { ...note, ...at, hand_over: true } : note;
  }
  if (value.type === 'end') {
    return { type: 'end', status: string('status'), log: string('log'), reason: string('reason'), ...at };
  }
  if (Array.isArray(value.error)) throw new Failure(EXIT.unavailable, value.error.map(String).join('\n'));
  return undefined;
}

async function* eventsOf(message: Incoming): AsyncGenerator<LogEvent> {
  try {
    for await (const line of splitLines(message)) {
      const event = eventIn(line);
      if (event) yield event;
    }
  } finally {
    message.destroy();
  }
}

export type LogOptions = Pick<RetryOptions, 'base' | 'sleep' | 'random'> & {
  api: Api;
  /** Hears about every cut. */
  tell: (sentence: string) => void;
};

type Position = { cursor: string | undefined; cuts: number };
type Outcome = 'end' | 'cut' | 'handed over';

/** One connection's events. A stream that is handed over goes on in the next one, without a word. */
async function* oneConnection(
  { api }: LogOptions,
  id: string,
  query: LogQuery,
  position: Position,
): AsyncGenerator<LogEvent, Outcome> {
  for await (const event of eventsOf(await api.openLog(id, { ...query, cursor: position.cursor }))) {
    position.cuts = 0;
    const cursor = 'cursor' in event ? event.cursor : undefined;
    if (event.type === 'line' && cursor !== undefined && cursor === position.cursor) continue;
    position.cursor = cursor ?? position.cursor;
    if (event.type === 'note' && event.hand_over) return 'handed over';
    // A server that ends a long answer says so with the status of a build that still goes on.
    if (event.type === 'end' && query.follow && UNFINISHED.has(event.status)) return 'cut';
    yield event;
    if (event.type === 'end') return 'end';
  }
  return 'cut';
}

function onCut(error: unknown, options: LogOptions, follow: boolean): void {
  const failure = networkFailure(error, options.base);
  const opened = !(error instanceof Failure);
  // While following, the service may be away for longer than one call waits for it.
  if (!mayRetry(failure.cause, true) || !(opened || follow)) throw failure;
  options.tell(`${failure.message} The log goes on where it was cut.`);
}

/**
 * A build's log, each line once however often the connection is cut, up to its end object.
 * @throws Failure when it is cut again and again, and when the build is unknown or hidden
 */
export async function* readLog(options: LogOptions, id: string, query: LogQuery): AsyncGenerator<LogEvent> {
  const position: Position = { cursor: query.cursor, cuts: 0 };
  while (position.cuts < MOST_CUTS) {
    if (position.cuts > 0) await options.sleep(backoff(position.cuts, undefined, options.random));
    try {
      const outcome = yield* oneConnection(options, id, query, position);
      if (outcome === 'end') return;
      if (outcome === 'handed over') {
        await options.sleep(HAND_OVER_PAUSE);
        continue;
      }
    } catch (error) {
      onCut(error, options, query.follow);
    }
    position.cuts += 1;
  }
  throw new Failure(EXIT.unavailable, 'The log is cut again and again.', {
    hint: 'The build goes on without it: see `toolforge-build show`.',
  });
}
