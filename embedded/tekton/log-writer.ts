import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { entryParts } from '../kubernetes/container-log.ts';
import type { Clock } from '../kubernetes/time.ts';

type Stream = 'stdout' | 'stderr';

export type LogWriter = {
  /**
   * Copies an output stream of a process into the container's log, at the speed of the disk. Resolves when the stream
   * ends.
   */
  copy(source: AsyncIterable<Buffer>, stream: Stream): Promise<void>;
  /** Writes a line of the platform itself into the container's log, such as an error message. */
  line(text: string): Promise<void>;
  close(): Promise<void>;
};

/** Longest text of a log entry in bytes. A longer line is written in parts, as containerd does. */
const maxPartBytes = 16 * 1024;
const newlineByte = 0x0a;

/** Opens a container's log file for writing. container-log.ts describes the format. */
export const openLog = async (path: string, clock: Clock): Promise<LogWriter> => {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a');
  const stamp = createStamps(clock);
  let last: Promise<void> = Promise.resolve();
  const write = (bytes: Buffer) => {
    last = last.catch(() => {}).then(() => writeAll(file, bytes));
    return last;
  };
  return {
    copy: (source, stream) => copy(source, stream, stamp, write),
    line: (text) => write(Buffer.concat(entryParts(stamp(), 'stderr', Buffer.from(text), true))),
    close: () => file.close(),
  };
};

const writeAll = async (file: FileHandle, bytes: Buffer): Promise<void> => {
  if (bytes.length > 0) await file.appendFile(bytes);
};

const copy = async (
  source: AsyncIterable<Buffer>,
  stream: Stream,
  stamp: () => string,
  write: (bytes: Buffer) => Promise<void>,
): Promise<void> => {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    const { lines, left } = cut(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk);
    rest = left;
    await write(Buffer.concat(lines.flatMap(({ text, whole }) => entryParts(stamp(), stream, text, whole))));
  }
  if (rest.length > 0) await write(Buffer.concat(entryParts(stamp(), stream, rest, false)));
};

type LogPart = { text: Buffer; whole: boolean };

const cut = (bytes: Buffer): { lines: LogPart[]; left: Buffer } => {
  const lines: LogPart[] = [];
  let start = 0;
  while (start < bytes.length) {
    const end = bytes.indexOf(newlineByte, start);
    const length = (end < 0 ? bytes.length : end) - start;
    if (end < 0 && length < maxPartBytes) break;
    const whole = end >= 0 && length <= maxPartBytes;
    lines.push({ text: bytes.subarray(start, start + Math.min(length, maxPartBytes)), whole });
    start += whole ? length + 1 : maxPartBytes;
  }
  return { lines, left: bytes.subarray(start) };
};

/**
 * Makes a function that returns the time of the next log entry, at least one nanosecond after the time of the entry
 * before.
 */
const createStamps = (clock: Clock): (() => string) => {
  let millisecond = -1;
  let nanoseconds = 0;
  let prefix = '';
  return () => {
    const now = Math.floor(clock());
    const next = nanoseconds === 999_999 ? millisecond + 1 : millisecond;
    nanoseconds = now > millisecond || next > millisecond ? 0 : nanoseconds + 1;
    if (nanoseconds === 0) {
      millisecond = Math.max(now, next);
      prefix = new Date(millisecond).toISOString().slice(0, 23);
    }
    return `${prefix}${String(nanoseconds).padStart(6, '0')}Z`;
  };
};
