import { ApiError } from '../../errors.ts';
import type { LogEvent } from '../types.ts';
import type { ContentCoding } from './compress.ts';
import type { Encoder } from './encode.ts';
import type { Output } from './outputs.ts';

const internal = new ApiError(
  500,
  'internal',
  'Something went wrong while the log was read. Request it again with the last cursor.',
);

/** Encoded batches of log events, so that readers who share a batch share its encoding. */
const encodedBatches = new WeakMap<readonly LogEvent[], Map<Encoder, Buffer>>();

const encodeShared = (encoder: Encoder, events: readonly LogEvent[]): Buffer => {
  const known = encodedBatches.get(events) ?? new Map<Encoder, Buffer>();
  const bytes = known.get(encoder) ?? Buffer.from(encoder.encode(events));
  encodedBatches.set(events, known.set(encoder, bytes));
  return bytes;
};

const cursorOf = (events: readonly LogEvent[]): string | undefined =>
  events.findLast((event) => event.type === 'line' || event.type === 'chunk' || event.type === 'progress')?.cursor;

/** Says whether an error concerns only the client, for example because the build was deleted while its log was read. */
const isClientError = (error: unknown): error is ApiError => error instanceof ApiError && error.status < 500;

/** Body of one response that is a log. Encodes outputs into bytes, and remembers the cursor of the last line. */
export class LogBody {
  readonly #encoder: Encoder;
  readonly #coding: ContentCoding;
  readonly #onError: ((error: unknown) => void) | undefined;
  #cursor: string | undefined;
  #isEmpty = true;

  /** @param onError gets the errors that are the service's fault, not the client's */
  constructor(encoder: Encoder, coding: ContentCoding, onError?: (error: unknown) => void) {
    this.#encoder = encoder;
    this.#coding = coding;
    this.#onError = onError;
  }

  /** Says whether no output of a response was encoded yet, so that the headers are not sent either. */
  isEmpty(): boolean {
    return this.#isEmpty;
  }

  /**
   * Encodes one output of a response. Returns no bytes for an output without a meaning for clients.
   * @throws the error of a failed output, if it is the first output: the response can then still be an ordinary error
   * response
   */
  encode(output: Output): Buffer {
    const bytes = output.type === 'events' ? this.#encodeEvents(output.events) : this.#encodeText(this.#textOf(output));
    this.#isEmpty = false;
    if (output.type === 'events') this.#cursor = cursorOf(output.events) ?? this.#cursor;
    return bytes;
  }

  #encodeEvents(events: readonly LogEvent[]): Buffer {
    const [first] = events;
    if (first?.type !== 'chunk') return this.#code(encodeShared(this.#encoder, events));
    const { ndjson } = first;
    return Buffer.isBuffer(ndjson) ? this.#encodeText(this.#encoder.fromNdjson(ndjson)) : this.#coding.pass(ndjson);
  }

  #encodeText(text: string | Buffer): Buffer {
    return this.#code(Buffer.from(text));
  }

  #code(bytes: Buffer): Buffer {
    return bytes.length === 0 ? bytes : this.#coding.write(bytes);
  }

  #textOf(output: Exclude<Output, { type: 'events' }>): string {
    switch (output.type) {
      case 'keepAlive':
        return this.#encoder.keepAlive;
      case 'handOver':
        return this.#encoder.handOver(this.#cursor);
      case 'ended':
        return '';
      case 'failed':
        return this.#failureText(output.error);
    }
  }

  #failureText(error: unknown): string {
    if (this.#isEmpty) throw error;
    if (!isClientError(error)) this.#onError?.(error);
    return this.#encoder.failure(error instanceof ApiError ? error : internal, this.#cursor);
  }
}
