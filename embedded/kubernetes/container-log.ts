/**
 * The form a container's output is kept in: the container runtime interface's log lines,
 * `<time> <stdout|stderr> <F|P> <text>\n`, where P is a part that no line end followed.
 * https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
 */
import type { FileHandle } from 'node:fs/promises';

export type LogEntry = {
  /** RFC 3339 with nine digits of a second, UTC: such times compare as text. */
  time: string;
  /** Exactly the bytes written, the line end included where there was one. */
  text: Buffer;
  /** Whether the text ends its line. */
  whole: boolean;
};

const spaceByte = 0x20;
const newlineByte = 0x0a;
const readBytes = 64 * 1024;

/** Parses one line of the file, its line end included; undefined when it is no log line. */
export const parseEntry = (line: Buffer): LogEntry | undefined => {
  const first = line.indexOf(spaceByte);
  const second = line.indexOf(spaceByte, first + 1);
  const third = line.indexOf(spaceByte, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const whole = line[second + 1] === 'F'.charCodeAt(0);
  const text = line.subarray(third + 1, whole ? line.length : line.length - 1);
  return { time: line.toString('latin1', 0, first), text, whole };
};

const lineEnd = Buffer.from('\n');

/** One line of the file, in pieces to be written after each other. */
export const entryParts = (time: string, stream: 'stdout' | 'stderr', text: Buffer, whole: boolean): Buffer[] => [
  Buffer.from(`${time} ${stream} ${whole ? 'F' : 'P'} `),
  text,
  lineEnd,
];

/** What was read, and where to read on. */
export type Block = { entries: LogEntry[]; next: number };

/** Reads whole lines from an offset, about 64 KiB at once; none at the end of the file. */
export const readEntries = async (file: FileHandle, offset: number): Promise<Block> => {
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

/** Where the last so many lines begin. */
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
