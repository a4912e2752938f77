import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type SpoolFileOptions = {
  /** Size limit of the spool's file, in bytes. With 0 no file is made. */
  fileBytes: number;
  /** Folder of the spool's file. Default: the system's folder for temporary files. */
  folder?: string;
};

/**
 * Opens a temporary file and unlinks it at once, so that the file disappears with the process.
 * @returns undefined if the file can't be made
 */
const openUnlinked = async (folder = tmpdir()): Promise<FileHandle | undefined> => {
  const path = join(folder, `spool-${randomUUID()}`);
  try {
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return file;
  } catch {
    return undefined;
  }
};

/** A queue of bytes in a temporary file. The file is opened at the first write. */
export class SpoolFile {
  readonly #options: SpoolFileOptions;
  #file: FileHandle | undefined;
  #writtenBytes = 0;
  #readBytes = 0;
  #hasFailed = false;

  constructor(options: SpoolFileOptions) {
    this.#options = options;
  }

  get unreadBytes(): number {
    return this.#writtenBytes - this.#readBytes;
  }

  hasRoomFor(bytes: number): boolean {
    return !this.#hasFailed && this.#writtenBytes + bytes <= this.#options.fileBytes;
  }

  /**
   * Appends buffers to the spool's file.
   * @returns false if the write failed. The file then takes nothing until `rewind`, and a partial write is overwritten
   */
  async append(buffers: readonly Buffer[], bytes: number): Promise<boolean> {
    this.#file ??= await openUnlinked(this.#options.folder);
    const result = await this.#file?.writev(buffers, this.#writtenBytes).catch(() => undefined);
    this.#hasFailed = result?.bytesWritten !== bytes;
    if (!this.#hasFailed) this.#writtenBytes += bytes;
    return !this.#hasFailed;
  }

  /** Removes at most `maxBytes` bytes from the front of the spool's file and returns them. */
  async take(maxBytes: number): Promise<Buffer> {
    if (!this.#file) return Buffer.alloc(0);
    const target = Buffer.allocUnsafe(Math.min(maxBytes, this.unreadBytes));
    const { bytesRead, buffer } = await this.#file.read(target, { position: this.#readBytes });
    this.#readBytes += bytesRead;
    return buffer.subarray(0, bytesRead);
  }

  /** Lets writing and reading begin at the first byte of the spool's file again. All bytes must have been read. */
  rewind(): void {
    this.#readBytes = 0;
    this.#writtenBytes = 0;
    this.#hasFailed = false;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}
