/** Thrown when the body of a request or a response is larger than its reader allows. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
  /** Limit for the size of the body that was too large, in bytes. */
  readonly maxBytes: number;

  constructor(maxBytes: number) {
    super(`The body is larger than ${maxBytes} bytes.`);
    this.maxBytes = maxBytes;
  }
}

/** Counts the bytes of request or response bodies against one limit. Several bodies can share a budget. */
export class ByteBudget {
  readonly maxBytes: number;
  #left: number;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#left = maxBytes;
  }

  /** Takes bytes of a body from the budget. @throws BodyTooLargeError when all bytes together exceed the budget */
  spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new BodyTooLargeError(this.maxBytes);
  }
}

/**
 * Yields the chunks of a request's or response's body while they fit into a budget of bytes.
 * @throws BodyTooLargeError when the body exceeds the budget; the body's stream is closed then
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
 * Reads the whole body of a request or a response into memory.
 * @param chunks a request or response of node:http, or the body of a response of fetch
 * @throws BodyTooLargeError as soon as the body is larger than `maxBytes` bytes; the body's stream is closed then
 */
export const readBounded = async (chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> => {
  const read: Uint8Array[] = [];
  for await (const chunk of limitBody(chunks, new ByteBudget(maxBytes))) read.push(chunk);
  return Buffer.concat(read);
};
