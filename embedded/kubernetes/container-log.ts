/**
 * The format of a container's log file: the log lines of the container runtime interface, `<time> <stdout|stderr> <F|P>
 * <text>\n`. The tag P marks a part of a line that no line end followed.
 * @see https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
import type { FileHandle } from 'node:fs/promises';

export type LogEntry = {
  /** Time of a log entry: RFC 3339, UTC, nine digits of a second, so that times compare as text. */
  time: string;
  /** The bytes of a log entry as the container wrote them, with the line end where there was one. */
  text: Buffer;
  /** True when a log entry ends its line; false when the next entry of the stream continues the line. */
  whole: boolean;
};

const spaceByte = 0x20;
const newlineByte = 0x0a;
const readBytes = 64 * 1024;

/** Parses one line of a container's log file. Returns undefined for a line in another format. */
const parseEntry = (line: Buffer): LogEntry | undefined => {
  const first = line.indexOf(spaceByte);
  const second = line.indexOf(spaceByte, first + 1);
  const third = line.indexOf(spaceByte, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const whole = line[second + 1] === 'F'.charCodeAt(0);
  const text = line.subarray(third + 1, whole ? line.length : line.length - 1);
  return { time: line.toString('latin1', 0, first), text, whole };
};

const lineEnd = Buffer.from('\n');

/**
 * Returns the parts of one line of a container's log file. The parts are not joined, so that a large text is not
 * copied.
 */
export const entryParts = (time: string, stream: 'stdout' | 'stderr', text: Buffer, whole: boolean): Buffer[] => [
  Buffer.from(`${time} ${stream} ${whole ? 'F' : 'P'} `),
  text,
  lineEnd,
];

/** Entries that were read from a container's log file, and the offset in bytes of the next read. */
export type ReadEntries = { entries: LogEntry[]; next: number };

/**
 * Reads whole lines of a container's log file from an offset in bytes, at most 64 KiB. Returns no entries at the end of
 * the file.
 */
export const readEntries = async (file: FileHandle, offset: number): Promise<ReadEntries> => {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, offset);
  const entries: LogEntry[] = [];
  let start = 0;
  for (let end = buffer.indexOf(newlineByte); end >= 0 && end < bytesRead; end = buffer.indexOf(newlineByte, start)) {
    const entry = parseEntry(buffer.subarray(start, end + 1));
    if (entry) entries.push(entry);
    start = end + 1;
  }
  return { entries, next: offset + start };
};

/** Returns the offset in bytes at which the last `lines` lines of a container's log file begin. */
export const tailOffset = async (file: FileHandle, lines: number): Promise<number> => {
  let { size: end } = await file.stat();
  let missing = lines + 1;
  while (end > 0) {
    const start = Math.max(0, end - readBytes);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    for (
      let at = buffer.lastIndexOf(newlineByte);
      at >= 0;
      at = at === 0 ? -1 : buffer.lastIndexOf(newlineByte, at - 1)
    ) {
      missing -= 1;
      if (missing === 0) return start + at + 1;
    }
    end = start;
  }
  return 0;
};
