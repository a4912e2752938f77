import type { LogLine } from '../types.ts';
import type { Chunk } from './archive-index.ts';

/** A chunk of an archive that is not compressed yet. `ndjson` has the chunk's lines. */
export type BufferedChunk = Pick<Chunk, 'step' | 'line' | 'lines' | 'time' | 'size' | 'cursor'> & { ndjson: string[] };

/** Collects the lines of a log into chunks until the chunks are stored. A chunk has lines of one step only. */
export class ChunkBuffer {
  readonly #chunkBytes: number;
  readonly #sealed: BufferedChunk[] = [];
  #open: BufferedChunk | undefined;

  /** @param chunkBytes uncompressed size from which a chunk counts as full, in bytes */
  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** Adds a line to the current chunk. @param ndjson the same line in the format ndjson */
  add({ step, line, time, cursor }: LogLine, ndjson: string): void {
    // The rest of a batch that has filled a chunk joins that chunk, up to 1.25 times the chunk's size, so that no small
    // chunk is made.
    if (this.#open && (this.#open.step !== step || this.#open.size >= 1.25 * this.#chunkBytes)) this.seal();
    this.#open ??= { step, line, lines: 0, time, size: 0, cursor: '', ndjson: [] };
    this.#open.ndjson.push(ndjson);
    this.#open.lines += 1;
    this.#open.size += Buffer.byteLength(ndjson);
    this.#open.cursor = cursor;
  }

  /** Says whether a chunk of the log is full and should be stored. */
  isFull(): boolean {
    return this.#sealed.length > 0 || (this.#open?.size ?? 0) >= this.#chunkBytes;
  }

  /** Ends the current chunk of the log, full or not. */
  seal(): void {
    if (this.#open) this.#sealed.push(this.#open);
    this.#open = undefined;
  }

  /** Passes all ended chunks to `store` in order. A chunk leaves the buffer only when it is stored. */
  async drain(store: (chunk: BufferedChunk) => Promise<void>): Promise<void> {
    for (let next = this.#sealed[0]; next; next = this.#sealed[0]) {
      await store(next);
      this.#sealed.shift();
    }
  }
}
