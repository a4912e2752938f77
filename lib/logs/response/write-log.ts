import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { anySignal } from '../../abort.ts';
import type { ChunkEncoding, LogEvents } from '../types.ts';
import { type ContentCoding, identityCoding } from './compress.ts';
import { type Encoder, encoders } from './encode.ts';
import { LogBody } from './log-body.ts';
import { outputs } from './outputs.ts';

export type WriteOptions = {
  /**
   * Time after which a log's response ends itself, in milliseconds. This time must be shorter than the platform's limit
   * for a response.
   */
  selfCloseMs: number;
  /** Time without log events after which a keep-alive is sent, in milliseconds. */
  keepAliveMs: number;
  /**
   * Fires when this process is told to stop. Every response then ends, and its client requests the rest of the log with
   * the cursor.
   */
  signal: AbortSignal;
  /** Content coding of the response's body. Default: none. */
  coding?: ContentCoding;
  /**
   * Gets the errors that are the service's fault. The client sees only the error `internal` in the place of any error
   * that is no ApiError.
   */
  onError?: (error: unknown) => void;
};

/** Returns the headers of a response that is a log. */
export const logHeaders = (encoder: Encoder, { encoding }: ContentCoding): Record<string, string> => ({
  'content-type': encoder.contentType,
  ...(encoding ? { 'content-encoding': encoding } : {}),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // With `x-accel-buffering: no` a proxy such as nginx passes each line on at once instead of buffering the log.
  'x-accel-buffering': 'no',
  vary: 'accept, accept-encoding',
});

/** Writes bytes of a response, and waits until the client has caught up or the signal `stop` fires. */
const send = async (res: ServerResponse, bytes: Buffer, stop: AbortSignal): Promise<void> => {
  if (res.write(bytes) || stop.aborted) return;
  await once(res, 'drain', { signal: stop }).catch(() => undefined);
};

/**
 * Returns the encoding in which a response needs archived chunks: a client of ndjson in gzip gets chunks as they are
 * stored.
 */
const chunkEncodingFor = (encoder: Encoder, { encoding }: ContentCoding): ChunkEncoding =>
  encoder === encoders.ndjson && encoding === 'gzip' ? 'deflated' : 'plain';

/**
 * Writes a log as the body of a response. A slow client slows the reading of the log, and a client that goes away ends
 * the reading. After `selfCloseMs`, or when the process is told to stop, the response ends without an end event, and
 * the client requests the rest with its last cursor.
 *
 * @param open opens the log's events. Its signal fires when nobody reads the response any more
 * @throws an error that comes before the first byte, so that it becomes an ordinary error response
 */
export const writeLog = async (
  res: ServerResponse,
  open: (signal: AbortSignal, chunkEncoding: ChunkEncoding) => LogEvents,
  encoder: Encoder,
  { selfCloseMs, keepAliveMs, signal, coding = identityCoding, onError }: WriteOptions,
): Promise<void> => {
  const gone = new AbortController();
  const onClose = () => gone.abort();
  res.once('close', onClose);
  const stop = anySignal(signal, AbortSignal.timeout(selfCloseMs), gone.signal);
  const body = new LogBody(encoder, coding, onError);
  const events = open(gone.signal, chunkEncodingFor(encoder, coding));
  try {
    for await (const output of outputs(events, stop, keepAliveMs)) {
      if (gone.signal.aborted) return;
      const isFirst = body.isEmpty();
      const bytes = body.encode(output);
      if (isFirst) res.writeHead(200, logHeaders(encoder, coding));
      if (bytes.length > 0) await send(res, bytes, stop);
    }
    res.end(coding.end());
  } finally {
    res.off('close', onClose);
    gone.abort();
    // The generator of log events may need some time to end after its signal was aborted. The response is complete
    // without the generator, so nobody waits for it.
    void events.return().catch(() => undefined);
  }
};
