/** A queue of buffers that knows its total size in bytes. */
export class ByteQueue {
  #buffers: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#buffers.length === 0;
  }

  push(buffer: Buffer): void {
    this.#buffers.push(buffer);
    this.#bytes += buffer.length;
  }

  /**
   * Removes buffers from the front of the queue and joins them: at most `maxBytes`, or one buffer if the first is
   * longer.
   */
  take(maxBytes: number): Buffer {
    let bytes = 0;
    const end = this.#buffers.findIndex((buffer) => {
      bytes += buffer.length;
      return bytes > maxBytes;
    });
    const taken = this.#buffers.splice(0, end < 0 ? this.#buffers.length : Math.max(1, end));
    const joined = taken.length === 1 && taken[0] ? taken[0] : Buffer.concat(taken);
    this.#bytes -= joined.length;
    return joined;
  }

  takeAll(): Buffer[] {
    const taken = this.#buffers;
    this.#buffers = [];
    this.#bytes = 0;
    return taken;
  }

  /** Puts buffers back at the front of the queue. */
  putBack(buffers: readonly Buffer[]): void {
    this.#buffers = [...buffers, ...this.#buffers];
    for (const { length } of buffers) this.#bytes += length;
  }
}
