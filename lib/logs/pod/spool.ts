import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, type Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

export type SpoolOptions = {
  /** Of each of the parts that lie in memory: those to be read next, and those on their way into the file. */
  memoryBytes: number;
  /** Of the file. */
  fileBytes: number;
  /** Of the file; without it, where the system has its temporary ones. */
  folder?: string;
};

/** Leave together, at most, about. */
const readBytes = 1 << 16;
/** Parts that come so soon after the last ones leave together: each costs its readers as much as many do. */
const gatherMs = 10;

/** Takes out of the front what is at most so long in all, or the first one. */
const takeParts = (parts: Buffer[], mostBytes: number): Buffer => {
  let bytes = 0;
  const end = parts.findIndex((part) => {
    bytes += part.length;
    return bytes > mostBytes;
  });
  const taken = parts.splice(0, end < 0 ? parts.length : Math.max(1, end));
  return taken.length === 1 && taken[0] ? taken[0] : Buffer.concat(taken);
};

/** Resolves whoever waits at the moment. */
const createSignal = () => {
  const waiting = new Set<() => void>();
  return {
    raise: (): void => {
      for (const wake of waiting) wake();
      waiting.clear();
    },
    next: (): Promise<void> => new Promise((resolve) => waiting.add(resolve)),
  };
};

/** A file without a name: it is gone with the process. Undefined where there is no room or no right for one. */
const openNameless = async (folder = tmpdir()): Promise<FileHandle | undefined> => {
  const path = join(folder, `spool-${randomUUID()}`);
  try {
    const file = await open(path, 'wx+', 0o600);
    await unlink(path);
    return file;
  } catch {
    return undefined;
  }
};

/**
 * Takes a stream as fast as it comes, so that its source need not wait for its reader: what is not read yet lies in
 * memory and, when that is too much, in a temporary file. Where the file is full too, or can't be written, the source
 * waits. Small parts that come fast leave together. The order is that of `head`, the file, `tail`.
 *
 * @throws what the stream fails with, behind all that came before
 */
export async function* readAhead(
  stream: Readable,
  { memoryBytes, fileBytes, folder }: SpoolOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const changed = createSignal();
  let head: Buffer[] = [];
  let headBytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let file: FileHandle | undefined;
  let written = 0;
  let read = 0;
  let isFull = false;
  let isClosed = false;
  let spilling: Promise<void> | undefined;
  let over: { error?: unknown } | undefined;
  let leftAt = Number.NEGATIVE_INFINITY;

  const write = async (): Promise<void> => {
    const parts = tail;
    const bytes = tailBytes;
    tail = [];
    tailBytes = 0;
    file ??= await openNameless(folder);
    const done = await file?.writev(parts, written).catch(() => undefined);
    if (done?.bytesWritten === bytes) {
      written += bytes;
      return;
    }
    // What was written in part is written over, once the file has been read.
    tail = [...parts, ...tail];
    tailBytes += bytes;
    isFull = true;
  };

  /** Nothing of the file is wanted any more. */
  const beginAnew = (): void => {
    read = 0;
    written = 0;
    isFull = false;
    if (head.length > 0) return;
    head = tail;
    headBytes = tailBytes;
    tail = [];
    tailBytes = 0;
  };

  /** @returns false when the reader must come first */
  const move = async (): Promise<boolean> => {
    if (read === written) beginAnew();
    const hasRoom = !isFull && written + tailBytes <= fileBytes;
    if (hasRoom && tail.length > 0) await write();
    return hasRoom;
  };

  const spill = async (): Promise<void> => {
    while (tail.length > 0 && !isClosed) {
      const moved = await move();
      if (tailBytes <= memoryBytes) stream.resume();
      if (moved) changed.raise();
      else await changed.next();
    }
  };

  const startSpilling = (): void => {
    spilling ??= spill().then(() => {
      spilling = undefined;
      if (tail.length > 0 && !isClosed) startSpilling();
      changed.raise();
    });
  };

  /** Until there is enough to be read at once, or until it doesn't come. */
  const gather = async (): Promise<void> => {
    const ms = leftAt + gatherMs - performance.now();
    if (ms <= 0) return;
    let isDue = false;
    const timer = setTimeout(() => {
      isDue = true;
      changed.raise();
    }, ms);
    while (!isDue && !over && tail.length === 0 && headBytes < readBytes) await changed.next();
    clearTimeout(timer);
  };

  stream.on('data', (bytes: Buffer) => {
    if (!spilling && read === written && headBytes + bytes.length <= memoryBytes) {
      head.push(bytes);
      headBytes += bytes.length;
    } else {
      tail.push(bytes);
      tailBytes += bytes.length;
      if (tailBytes > memoryBytes) stream.pause();
      startSpilling();
    }
    changed.raise();
  });
  finished(stream, (error) => {
    over = error ? { error } : {};
    changed.raise();
  });

  try {
    for (;;) {
      signal.throwIfAborted();
      if (head.length > 0) {
        await gather();
        const bytes = takeParts(head, readBytes);
        headBytes -= bytes.length;
        yield bytes;
        leftAt = performance.now();
        // The stream gets its turn, too.
        await nextTurn();
      } else if (file && read < written) {
        const part = await file.read(Buffer.allocUnsafe(Math.min(readBytes, written - read)), { position: read });
        read += part.bytesRead;
        yield part.buffer.subarray(0, part.bytesRead);
      } else if (over && tail.length === 0 && !spilling) {
        if ('error' in over) throw over.error;
        return;
      } else {
        changed.raise();
        await changed.next();
      }
    }
  } finally {
    isClosed = true;
    stream.destroy();
    changed.raise();
    await spilling;
    await file?.close();
  }
}
