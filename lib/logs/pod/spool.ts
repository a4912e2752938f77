import { finished, type Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ChangeSignal } from '../change-signal.ts';
import { ByteQueue } from './byte-queue.ts';
import { SpoolFile, type SpoolFileOptions } from './spool-file.ts';

export type SpoolOptions = SpoolFileOptions & {
  /**
   * Size limit of each of the two queues in memory, in bytes: what is read next, and what is written to the file next.
   */
  memoryBytes: number;
};

/** Largest number of bytes that a reader gets at once. A larger buffer of the stream is not cut. */
const readBytes = 1 << 16;
/**
 * Milliseconds after a read in which small buffers are joined, as a small buffer costs readers as much as a large one.
 */
const gatherMs = 10;

/**
 * Bytes of a stream that were read ahead. Oldest bytes are in memory, newer ones in the file, newest in the overflow.
 */
class Spool {
  readonly #stream: Readable;
  readonly #memoryBytes: number;
  readonly #changed = new ChangeSignal();
  /** Oldest bytes, which the reader gets first. */
  readonly #memory = new ByteQueue();
  readonly #file: SpoolFile;
  /** Newest bytes, on their way into the file. */
  readonly #overflow = new ByteQueue();
  #spilling: Promise<void> | undefined;
  #streamEnd: { error?: unknown } | undefined;
  #isClosed = false;
  #lastReadAt = Number.NEGATIVE_INFINITY;

  constructor(stream: Readable, options: SpoolOptions) {
    this.#stream = stream;
    this.#memoryBytes = options.memoryBytes;
    this.#file = new SpoolFile(options);
  }

  async *read(signal: AbortSignal): AsyncGenerator<Buffer, void> {
    this.#startReadingAhead();
    try {
      for (;;) {
        signal.throwIfAborted();
        if (!this.#memory.isEmpty) {
          await this.#gather();
          yield this.#memory.take(readBytes);
          this.#lastReadAt = performance.now();
          // Lets the stream deliver more before the next read.
          await nextTurn();
        } else if (this.#file.unreadBytes > 0) yield await this.#file.take(readBytes);
        else if (this.#isDrained()) return;
        else await this.#nextChange();
      }
    } finally {
      await this.#close();
    }
  }

  #startReadingAhead(): void {
    this.#stream.on('data', (bytes: Buffer) => this.#add(bytes));
    finished(this.#stream, (error) => {
      this.#streamEnd = error ? { error } : {};
      this.#changed.notify();
    });
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    this.#stream.destroy();
    this.#changed.notify();
    await this.#spilling;
    await this.#file.close();
  }

  #add(bytes: Buffer): void {
    const isFirstInLine = !this.#spilling && this.#file.unreadBytes === 0;
    if (isFirstInLine && this.#memory.bytes + bytes.length <= this.#memoryBytes) this.#memory.push(bytes);
    else {
      this.#overflow.push(bytes);
      if (this.#overflow.bytes > this.#memoryBytes) this.#stream.pause();
      this.#startSpilling();
    }
    this.#changed.notify();
  }

  /** Whether the stream has ended and all its bytes were read. @throws the stream's error, if it ended with one */
  #isDrained(): boolean {
    if (!this.#streamEnd || !this.#overflow.isEmpty || this.#spilling) return false;
    if ('error' in this.#streamEnd) throw this.#streamEnd.error;
    return true;
  }

  /** Waits for more bytes. Writing to the file may be waiting for the reader, so it is woken before. */
  #nextChange(): Promise<void> {
    this.#changed.notify();
    return this.#changed.next();
  }

  /** Waits until there is a full read, until `gatherMs` are over, or until no more bytes can join those in memory. */
  async #gather(): Promise<void> {
    const ms = this.#lastReadAt + gatherMs - performance.now();
    if (ms <= 0) return;
    let isDue = false;
    const timer = setTimeout(() => {
      isDue = true;
      this.#changed.notify();
    }, ms);
    while (!isDue && this.#canGather()) await this.#changed.next();
    clearTimeout(timer);
  }

  #canGather(): boolean {
    return !this.#streamEnd && this.#overflow.isEmpty && this.#memory.bytes < readBytes;
  }

  #startSpilling(): void {
    this.#spilling ??= this.#spill().then(() => {
      this.#spilling = undefined;
      if (!this.#overflow.isEmpty && !this.#isClosed) this.#startSpilling();
      this.#changed.notify();
    });
  }

  async #spill(): Promise<void> {
    while (!this.#overflow.isEmpty && !this.#isClosed) {
      const hasRoom = await this.#moveOverflow();
      if (this.#overflow.bytes <= this.#memoryBytes) this.#stream.resume();
      if (hasRoom) this.#changed.notify();
      else await this.#changed.next();
    }
  }

  /** Moves the overflow into the file. @returns false if the file has no room until the reader has read more of it */
  async #moveOverflow(): Promise<boolean> {
    if (this.#file.unreadBytes === 0) this.#skipEmptyFile();
    const hasRoom = this.#file.hasRoomFor(this.#overflow.bytes);
    if (hasRoom && !this.#overflow.isEmpty) await this.#writeOverflow();
    return hasRoom;
  }

  #skipEmptyFile(): void {
    this.#file.rewind();
    if (!this.#memory.isEmpty) return;
    for (const buffer of this.#overflow.takeAll()) this.#memory.push(buffer);
  }

  async #writeOverflow(): Promise<void> {
    const { bytes } = this.#overflow;
    const buffers = this.#overflow.takeAll();
    if (!(await this.#file.append(buffers, bytes))) this.#overflow.putBack(buffers);
  }
}

/**
 * Reads a stream as fast as it delivers, so that its source does not wait for the reader. Unread bytes stay in memory
 * and, above `memoryBytes`, in a temporary file. The source waits only while the file is full or can't be written.
 *
 * @throws the stream's error, after all bytes that came before it; the signal's reason
 */
export const readAhead = (stream: Readable, options: SpoolOptions, signal: AbortSignal): AsyncGenerator<Buffer, void> =>
  new Spool(stream, options).read(signal);
