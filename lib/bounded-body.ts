/** The body of a request or a response is larger than the limit of the code that reads the body. */
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

  /** @throws BodyTooLargeError when the spent bytes exceed the budget */
  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new BodyTooLargeError(this.maxBytes);
  }
}

/**
 * Yields the chunks of a body until the budget is spent.
 * @throws BodyTooLargeError when the body exceeds the budget; the source is closed then
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
