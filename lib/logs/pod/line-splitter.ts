import { isBlank, withoutDrawing } from './line-states.ts';

/** One line of a container's log as the kubelet sends it, or a part of a line of more than 65,536 characters. */
export type RawLine = {
  /**
   * Time of the line in RFC 3339 with up to nine digits of a second. Empty for the kubelet's own messages, which have
   * no timestamp.
   */
  time: string;
  text: string;
  /** Whether another part of the same line follows. */
  more: boolean;
  /** Whether the next part takes the place of this part on a terminal, because a carriage return stands between them. */
  isOverwritten?: true;
  /** Whether this is no line, but says that the kubelet has a part of an unfinished line with this time. */
  isPart?: true;
};

/** Limit of the text of a log's line, in UTF-16 code units. A longer line is cut into several parts. */
export const maxLineLength = 65_536;

/** Matches a time as the kubelet puts it before a line. */
export const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
/** Longest time before a line, in characters. */
export const maxTimestampLength = 40;

type TimedText = { time: string; text: string };

const splitTimestamp = (line: string): TimedText => {
  const space = line.indexOf(' ');
  const time = space < 0 ? line : line.slice(0, space);
  if (time.length > maxTimestampLength || !timestamp.test(time)) return { time: '', text: line };
  return { time, text: space < 0 ? '' : line.slice(space + 1) };
};

const addOverwritten = ({ time, text }: TimedText, rawLines: RawLine[]): void => {
  if (text !== '') rawLines.push({ time, text, more: true, isOverwritten: true });
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/**
 * Splits the bytes that `pods/log` sends with `timestamps=true` into lines. Only a line feed ends a line, and the
 * result does not depend on how the bytes were cut. Invalid UTF-8 becomes U+FFFD. A line longer than `maxLength` is
 * passed on in several parts and is never in memory as a whole. The kubelet has joined the parts into which a container
 * runtime cuts long lines (CRI tag P).
 */
export class LineSplitter {
  readonly #maxLength: number;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The unfinished line; without its time and the parts that were passed on already, once the time is known. */
  #unfinished = '';
  /** Time of the unfinished line. Undefined until the whole time has come. */
  #openTime: string | undefined;
  /** Length of the unfinished line's text from which it is shortened. */
  #keptLength: number;

  /** @param maxLength limit of a line's text, in UTF-16 code units. Longer lines are cut into parts */
  constructor(maxLength: number = maxLineLength) {
    this.#maxLength = maxLength;
    this.#keptLength = maxLength;
  }

  /**
   * Takes the next bytes of a log.
   * @returns the lines that are complete now, and the complete parts of a long line
   */
  push(bytes: Uint8Array): RawLine[] {
    // Only the new text is searched: a log may come in many small pieces, and an unfinished line may be long.
    const [first = '', ...others] = this.#decoder.decode(bytes, { stream: true }).split('\n');
    const rawLines: RawLine[] = [];
    this.#unfinished += first;
    for (const next of others) {
      this.#addLine(this.#unfinished, rawLines);
      this.#unfinished = next;
    }
    if (this.#hasTime() && this.#unfinished.length > this.#keptLength) this.#shorten(rawLines);
    return rawLines;
  }

  /** Says whether the present line has no text yet. */
  get isAtLineStart(): boolean {
    return this.#unfinished === '';
  }

  /** Gives the present line another time, before its text comes. */
  retime(time: string): void {
    this.#openTime = time;
  }

  /** The line whose line feed has not come yet, without its parts that were passed on already. */
  get unfinished(): TimedText | undefined {
    if (this.#openTime !== undefined) return { time: this.#openTime, text: this.#unfinished };
    return this.#unfinished === '' ? undefined : splitTimestamp(this.#unfinished);
  }

  /** Returns the text after the log's last line feed as a line. No bytes may be pushed afterwards. */
  finish(): RawLine[] {
    this.#unfinished += this.#decoder.decode();
    const rawLines: RawLine[] = [];
    if (this.#unfinished !== '' || this.#openTime !== undefined) this.#addLine(this.#unfinished, rawLines);
    return rawLines;
  }

  #addLine(line: string, rawLines: RawLine[]): void {
    const { time, text } = this.#timed(line);
    const shown = text.includes('\r') ? withoutDrawing(this.#addStates({ time, text }, rawLines)) : undefined;
    rawLines.push({ time, text: shown ?? this.#cutParts({ time, text }, rawLines), more: false });
    this.#openTime = undefined;
    this.#keptLength = this.#maxLength;
  }

  /** Takes the time from the beginning of the unfinished line. @returns false while the time may be incomplete */
  #hasTime(): boolean {
    if (this.#openTime !== undefined) return true;
    if (this.#unfinished.length <= maxTimestampLength && !this.#unfinished.includes(' ')) return false;
    const { time, text } = splitTimestamp(this.#unfinished);
    this.#openTime = time;
    this.#unfinished = text;
    return true;
  }

  #timed(line: string): TimedText {
    return this.#openTime === undefined ? splitTimestamp(line) : { time: this.#openTime, text: line };
  }

  /** Passes on what is known of a long line without a line feed: what later states overwrite, or else full parts. */
  #shorten(rawLines: RawLine[]): void {
    const { time, text } = this.#timed(this.#unfinished);
    const at = text.lastIndexOf('\r') + 1;
    const before = at === 0 ? '' : `${this.#addStates({ time, text: text.slice(0, at - 1) }, rawLines)}\r`;
    const isLong = text.length - at > this.#maxLength;
    if (isLong) addOverwritten({ time, text: before }, rawLines);
    this.#unfinished = isLong ? this.#cutParts({ time, text: text.slice(at) }, rawLines) : before + text.slice(at);
    // States stay in the text. The next search of them waits for as much new text, so that it takes linear time in all.
    this.#keptLength = isLong || before === '' ? this.#maxLength : this.#unfinished.length + this.#maxLength;
  }

  /**
   * Adds the states of a line that the next state overwrites, and full parts of long states.
   * @returns the last state that shows anything, without its parts that were added
   */
  #addStates({ time, text }: TimedText, rawLines: RawLine[]): string {
    let overwritten = '';
    let last = '';
    for (const state of text.split('\r')) {
      const isLong = state.length > this.#maxLength;
      if (last !== '' && !isLong && isBlank(state)) continue;
      if (last !== '') overwritten += `${last}\r`;
      if (isLong) {
        addOverwritten({ time, text: overwritten }, rawLines);
        overwritten = '';
      }
      last = this.#cutParts({ time, text: state }, rawLines);
    }
    addOverwritten({ time, text: overwritten }, rawLines);
    return last;
  }

  /** Adds all full parts of a long line and returns its last part. A part never ends within a surrogate pair. */
  #cutParts({ time, text }: TimedText, rawLines: RawLine[]): string {
    let start = 0;
    while (text.length - start > this.#maxLength) {
      const last = text.charCodeAt(start + this.#maxLength - 1);
      const end = start + this.#maxLength - (isHighSurrogate(last) ? 1 : 0);
      rawLines.push({ time, text: text.slice(start, end), more: true });
      start = end;
    }
    return start === 0 ? text : text.slice(start);
  }
}
