/** A body is larger than its reader allows. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  /** The limit in bytes. */
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The body is larger than ${maxBytes} bytes.`);
    this.maxBytes = maxBytes;
  }
}

/** Counts bytes against a limit. Several bodies can share one budget. */
export class ByteBudget {
  readonly maxBytes: number;
  #left: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#left = maxBytes;
  }

  /** @throws BodyTooLargeError when more bytes were spent than the budget holds */
  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new BodyTooLargeError(this.maxBytes);
  }
}

/**
 * Passes the chunks of a body on as long as the budget lasts.
 * @throws BodyTooLargeError
 */
export async function* limitBody<T extends Uint8Array>(
  chunks: AsyncIterable<T>,
  budget: ByteBudget,
): AsyncGenerator<T> {
  for await (const chunk of chunks) {
    budget.spend(chunk.length);
    yield chunk;
  }
}

/**
 * Reads a whole body into memory, at most `maxBytes` of it.
 * @param chunks a request or response of node:http, or the body of a response of fetch
 * @throws BodyTooLargeError as soon as the body exceeds the limit; the source is closed then
 */
export const readBounded = async (chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> => {
  const read: Uint8Array[] = [];
  for await (const chunk of limitBody(chunks, new ByteBudget(maxBytes))) read.push(chunk);
  return Buffer.concat(read);
};
