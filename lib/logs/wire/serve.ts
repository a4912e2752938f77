import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { ApiError } from '../../errors.ts';
import type { ChunkEncoding, LogEvent, LogEvents } from '../types.ts';
import { type ContentCoding, identityCoding } from './compress.ts';
import { type Encoder, encoders } from './encode.ts';

export type WriteOptions = {
  /** The stream ends itself after so many milliseconds, before the platform cuts it. */
  selfCloseMs: number;
  keepAliveMs: number;
  /** Aborted when this process is told to end: every stream is handed over. */
  signal: AbortSignal;
  /** How the bytes are sent; as they are, without it. */
  coding?: ContentCoding;
  /** Told what the client isn't. */
  onError?: (error: unknown) => void;
};

type Turn = { events: LogEvent[] } | { ended: true } | { alive: true } | { handOver: true } | { error: unknown };

const internal = new ApiError(
  500,
  'internal',
  'Something went wrong while the log was read. Ask again with the last cursor.',
);

/** Of an answer that is a log. */
export const logHeaders = (encoder: Encoder, { encoding }: ContentCoding): Record<string, string> => ({
  'content-type': encoder.contentType,
  ...(encoding ? { 'content-encoding': encoding } : {}),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // nginx would hold the lines back otherwise.
  'x-accel-buffering': 'no',
  vary: 'accept, accept-encoding',
});

/** Resolves when more may be written: at once, when the client has caught up, or when nothing more is to be written. */
const send = async (res: ServerResponse, bytes: Buffer, stop: AbortSignal): Promise<void> => {
  if (res.write(bytes) || stop.aborted) return;
  await once(res, 'drain', { signal: stop }).catch(() => undefined);
};

/** What comes next: events, or the time for a keep-alive, or the end. */
async function* turns(events: LogEvents, stop: AbortSignal, keepAliveMs: number): AsyncGenerator<Turn, void> {
  const next = (): Promise<Turn> =>
    events.next().then(
      ({ done, value }) => (done ? { ended: true } : { events: value }),
      (error: unknown) => ({ error }),
    );
  let pending = next();
  for (;;) {
    const turn = await firstOf(pending, stop, keepAliveMs);
    yield turn;
    if ('events' in turn) pending = next();
    else if (!('alive' in turn)) return;
  }
}

/** Not Promise.race with a promise for the signal: that one would gather a reaction for every turn of a long stream. */
const firstOf = (pending: Promise<Turn>, stop: AbortSignal, keepAliveMs: number): Promise<Turn> =>
  new Promise((resolve) => {
    const settle = (turn: Turn): void => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      resolve(turn);
    };
    const onStop = (): void => settle({ handOver: true });
    const timer = setTimeout(settle, keepAliveMs, { alive: true });
    stop.addEventListener('abort', onStop);
    if (stop.aborted) onStop();
    void pending.then(settle);
  });

/** What the archive has can go to some clients as it is stored. */
const packingOf = (encoder: Encoder, { encoding }: ContentCoding): ChunkEncoding =>
  encoder === encoders.ndjson && encoding === 'gzip' ? 'deflated' : 'plain';

/** Readers that share their events share what is sent of them, too. */
const encoded = new WeakMap<readonly LogEvent[], Map<Encoder, Buffer>>();

const encode = (encoder: Encoder, events: readonly LogEvent[]): Buffer => {
  const known = encoded.get(events) ?? new Map<Encoder, Buffer>();
  const bytes = known.get(encoder) ?? Buffer.from(encoder.encode(events));
  encoded.set(events, known.set(encoder, bytes));
  return bytes;
};

const write = (bytes: Buffer, wire: ContentCoding): Buffer => (bytes.length === 0 ? bytes : wire.write(bytes));

const eventBytes = (events: readonly LogEvent[], encoder: Encoder, wire: ContentCoding): Buffer => {
  const [first] = events;
  if (first?.type !== 'chunk') return write(encode(encoder, events), wire);
  const { ndjson: frames } = first;
  return Buffer.isBuffer(frames) ? write(Buffer.from(encoder.fromNdjson(frames)), wire) : wire.pass(frames);
};

/** What is written for a turn without events. @throws what the reading threw, as long as nothing was written */
const textOf = (
  turn: Exclude<Turn, { events: LogEvent[] }>,
  encoder: Encoder,
  cursor: string | undefined,
  begun: boolean,
  options: WriteOptions,
): string => {
  if ('alive' in turn) return encoder.keepAlive;
  if ('handOver' in turn) return encoder.handOver(cursor);
  if ('ended' in turn) return '';
  const { error } = turn;
  if (!begun) throw error;
  // A build that is deleted while it is read, and the like, is its reader's business.
  if (!(error instanceof ApiError && error.status < 500)) options.onError?.(error);
  return encoder.failure(error instanceof ApiError ? error : internal, cursor);
};

const cursorIn = (turn: Turn): string | undefined =>
  'events' in turn
    ? turn.events.findLast((event) => event.type === 'line' || event.type === 'chunk' || event.type === 'progress')
        ?.cursor
    : undefined;

/**
 * Writes a log as the answer. A slow client slows the reading; one that goes away ends it. After `selfCloseMs`, or when
 * the process is told to end, the stream ends cleanly without an end frame: the client asks again with its last cursor.
 *
 * @param open makes the events; its signal is aborted when nobody reads any more
 * @throws what the reading throws before the first byte, so that it becomes an ordinary error
 */
export const writeLog = async (
  res: ServerResponse,
  open: (signal: AbortSignal, chunkEncoding: ChunkEncoding) => LogEvents,
  encoder: Encoder,
  options: WriteOptions,
): Promise<void> => {
  const gone = new AbortController();
  const leave = () => gone.abort();
  res.once('close', leave);
  const stop = AbortSignal.any([options.signal, AbortSignal.timeout(options.selfCloseMs), gone.signal]);
  const { coding: wire = identityCoding } = options;
  const events = open(gone.signal, packingOf(encoder, wire));
  let begun = false;
  let cursor: string | undefined;
  try {
    for await (const turn of turns(events, stop, options.keepAliveMs)) {
      if (gone.signal.aborted) return;
      const bytes =
        'events' in turn
          ? eventBytes(turn.events, encoder, wire)
          : write(Buffer.from(textOf(turn, encoder, cursor, begun, options)), wire);
      if (!begun) res.writeHead(200, logHeaders(encoder, wire));
      begun = true;
      cursor = cursorIn(turn) ?? cursor;
      if (bytes.length > 0) await send(res, bytes, stop);
    }
    res.end(wire.end());
  } finally {
    res.off('close', leave);
    gone.abort();
    // It may be waiting for something that the signal ends: nobody waits for that here.
    void events.return().catch(() => undefined);
  }
};
