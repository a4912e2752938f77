import { maxTimestampLength, timestamp } from './line-splitter.ts';
import { continuesMark } from './step-marks.ts';

/** A part of the bytes of a log stream, without marks. */
export type ContinuedPart = {
  bytes: Buffer;
  /** Whether a mark stood after the bytes, so that they end within an unfinished line. */
  isUnfinished: boolean;
  /** Time at which the kubelet has the part as a line, if a mark stood before the part. */
  time?: string;
};

const space = 0x20;
const lineFeed = 0x0a;

/** Returns the time at the beginning of bytes; '' for other bytes, and undefined if more bytes are needed. */
const timeOf = (bytes: Buffer): string | undefined => {
  const end = bytes.findIndex((byte) => byte === space || byte === lineFeed);
  if (end < 0 && bytes.length <= maxTimestampLength) return undefined;
  const time = bytes.toString('latin1', 0, Math.min(maxTimestampLength, Math.max(0, end)));
  return timestamp.test(time) ? time : '';
};

/**
 * Joins the lines of a log that marks have ended (step-marks.ts): removes the marks, and the times that the kubelet has put
 * before the rests of such lines. Bytes are joined, not texts, because a mark may stand within a character.
 */
export class ContinuedLines {
  readonly #mark: Buffer;
  /** Bytes that may be the beginning of a mark, or of the time after a mark. */
  #held: Buffer = Buffer.alloc(0);
  #isBehindMark = false;

  /** @param name the name in the marks of the step's log */
  constructor(name: string) {
    this.#mark = Buffer.from(continuesMark(name));
  }

  /** Says whether the stream has come to a mark and not beyond it. */
  get isBehindMark(): boolean {
    return this.#isBehindMark && this.#held.length === 0;
  }

  /** Takes the next bytes of a log stream. */
  push(bytes: Uint8Array): ContinuedPart[] {
    const parts: ContinuedPart[] = [];
    let left: Buffer =
      this.#held.length > 0
        ? Buffer.concat([this.#held, bytes])
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let next = this.#take(left); next; next = next.part.isUnfinished ? this.#take(left) : undefined) {
      parts.push(next.part);
      left = next.left;
    }
    this.#held = Buffer.from(left);
    return parts;
  }

  /** Takes the bytes up to the next mark. Takes none if the time after a mark is not complete yet. */
  #take(bytes: Buffer): { part: ContinuedPart; left: Buffer } | undefined {
    const time = this.#isBehindMark ? timeOf(bytes) : '';
    if (time === undefined) return undefined;
    const from = time === '' ? 0 : time.length + (bytes[time.length] === space ? 1 : 0);
    const at = bytes.indexOf(this.#mark, from);
    const end = at < 0 ? bytes.length - this.#heldLength(bytes.subarray(from)) : at;
    this.#isBehindMark = at >= 0;
    const part = { bytes: bytes.subarray(from, end), isUnfinished: at >= 0, ...(time === '' ? {} : { time }) };
    return { part, left: bytes.subarray(at < 0 ? end : at + this.#mark.length) };
  }

  /** Returns the bytes that were held back. No bytes may be pushed afterwards. */
  finish(): Buffer {
    return this.#held;
  }

  /** Returns the number of bytes at the end that may be the beginning of a mark. */
  #heldLength(bytes: Buffer): number {
    const [first = 0] = this.#mark;
    const from = Math.max(0, bytes.length - this.#mark.length + 1);
    for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1))
      if (bytes.subarray(at).equals(this.#mark.subarray(0, bytes.length - at))) return bytes.length - at;
    return 0;
  }
}
