import { finished, type Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ChangeSignal } from '../change-signal.ts';
import { ByteQueue } from './byte-queue.ts';
import { SpoolFile, type SpoolFileOptions } from './spool-file.ts';

export type SpoolOptions = SpoolFileOptions & {
  /**
   * Size limit of each of the spool's two queues in memory, in bytes: the bytes that are read next, and the bytes that
   * are written to the file next.
   */
  memoryBytes: number;
};

/** Largest number of bytes that the reader of a spool gets at once. A larger buffer of the stream is not cut. */
const readBytes = 1 << 16;
/**
 * Milliseconds after a read in which the spool joins small buffers, as a small buffer costs readers as much as a large
 * one.
 */
const gatherMs = 10;

/**
 * Bytes of a stream that were read ahead. The oldest bytes are in a queue in memory, newer ones in a file, and the
 * newest in the overflow, which is a queue in memory, too.
 */
class Spool {
  readonly #stream: Readable;
  readonly #memoryBytes: number;
  readonly #changed = new ChangeSignal();
  /** Queue of the oldest bytes, which the reader gets first. */
  readonly #memory = new ByteQueue();
  readonly #file: SpoolFile;
  /** Queue of the newest bytes, which wait until they are written to the spool's file. */
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
          // A turn of the event loop lets the stream deliver more bytes before the next read.
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

  /** Says whether the stream has ended and all its bytes were read. @throws the stream's error, if it ended with one */
  #isDrained(): boolean {
    if (!this.#streamEnd || !this.#overflow.isEmpty || this.#spilling) return false;
    if ('error' in this.#streamEnd) throw this.#streamEnd.error;
    return true;
  }

  /**
   * Waits for more bytes of the stream. Writing to the spool's file may be waiting for the reader, so the writing is
   * woken first.
   */
  #nextChange(): Promise<void> {
    this.#changed.notify();
    return this.#changed.next();
  }

  /**
   * Waits until the memory holds enough bytes for a full read, until `gatherMs` are over, or until no more bytes can
   * join those in memory.
   */
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
      else if (!this.#isClosed) await this.#changed.next();
    }
  }

  /**
   * Moves the overflow into the spool's file.
   * @returns false if the file has no room until the reader has read more of it
   */
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
