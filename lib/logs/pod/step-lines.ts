import { type Cursor, decodeCursor, encodeCursor } from '../cursor.ts';
import { escapeControls } from '../masking/control-characters.ts';
import { createLineMask, type LineMask } from '../masking/line-mask.ts';
import { messageMask } from '../masking/mask-message.ts';
import { PemMask } from '../masking/pem.ts';
import type { SecretFinder } from '../masking/secret-finder.ts';
import { maskUnfinished, withoutReturns } from '../masking/unfinished-line.ts';
import { type LogEvent, type LogLine, lastLineOf, type PartialLine } from '../types.ts';
import { cursorTime, type GapCause, GapNotes, toMilliseconds } from './gap-notes.ts';
import { LineNumbering, seenCursor } from './line-numbering.ts';
import { maxLineLength, type RawLine } from './line-splitter.ts';
import { lastState, StateLimit } from './line-states.ts';
import { RawLines } from './raw-lines.ts';
import { ResumePoint } from './resume-point.ts';
import type { RotationDetector } from './rotation-detector.ts';
import type { StepMarks } from './step-marks.ts';

export type StepLinesOptions = {
  /**
   * First part of each cursor of the build, from cursorTag. It tells the build's cursors from those of other builds.
   */
  tag: string;
  step: string;
  findSecrets: SecretFinder;
  /** Cursor of the last line that the reader has. */
  from?: Cursor | undefined;
  /**
   * Cursor of the last line, at `from` or before, after which all masks are at rest. The stream must begin in the second
   * of that line, or earlier; without `restart` at the start of the log. Must not come from a client: it decides what is
   * masked.
   */
  restart?: Cursor | undefined;
  /**
   * Reason why the log no longer has the cursor's line; undefined if the line is expected in the log. With a reason,
   * reading resumes with the first line that is later than the cursor.
   */
  cursorLost?: GapCause | undefined;
  detector?: RotationDetector | undefined;
  /**
   * Whether lines after a lost cursor count as missing only if the rotation detector says so. Default: such lines
   * always count as missing.
   */
  trustsDetector?: boolean;
  /** The marks of the step's log, if the log has marks. */
  marks?: StepMarks | undefined;
  /** The secrets among the build's envvars. An unfinished line may end within one. */
  secrets?: readonly string[];
  /** Whether the present states of unfinished lines are shown. Default: true. */
  showsStates?: boolean;
};

/**
 * Turns the bytes of one stream of a container's log into events. Each line passes through these stages, in this order:
 * join what marks have split, split, detect rotation, drop marks, escape control characters, mask private keys, add
 * cursor, mask secrets, show.
 *
 * Lines from before the cursor pass through the same masks, from the last line on after which all masks were at rest.
 * So the lines after the cursor are the same, byte for byte, as in a stream from the log's start, and a cursor that a
 * client has made up changes no mask.
 */
export class StepLines {
  readonly #step: string;
  readonly #findSecrets: SecretFinder;
  readonly #rawLines: RawLines;
  readonly #detector: RotationDetector | undefined;
  readonly #pem: PemMask;
  readonly #resume: ResumePoint | undefined;
  readonly #restart: ResumePoint | undefined;
  readonly #numbering: LineNumbering;
  readonly #secretMask: LineMask<LogLine>;
  readonly #gaps: GapNotes;
  readonly #maskMessage: (text: string) => string;
  readonly #trustsDetector: boolean;
  readonly #marks: StepMarks | undefined;
  readonly #secrets: readonly string[];
  readonly #showsStates: boolean;
  /** The end of what the current line's last state has taken the place of, without carriage returns. */
  #overwritten = '';
  readonly #stateLimit = new StateLimit();
  /** Whether the next text goes on with a line of which a part has come already. */
  #isInLine = false;
  #events: LogEvent[] = [];
  /** Lines that are not shown yet and after which the mask for private keys is not at rest. */
  readonly #unsettled = new Set<LogLine>();
  /** Cursor of the last line shown after which all masks were at rest. */
  #settled: string | undefined;
  #lastShown: LogLine | undefined;
  #lastRaw: RawLine | undefined;
  #isUnavailable = false;

  constructor({ tag, step, findSecrets, from, restart, ...options }: StepLinesOptions) {
    const { cursorLost, detector, trustsDetector = false, marks, secrets = [], showsStates = true } = options;
    this.#step = step;
    this.#findSecrets = findSecrets;
    this.#rawLines = new RawLines(marks?.name);
    this.#marks = marks;
    this.#secrets = secrets;
    this.#showsStates = showsStates;
    this.#detector = detector;
    this.#resume = from && new ResumePoint(from, cursorLost);
    this.#restart = restart && new ResumePoint(restart, undefined);
    this.#settled = restart && encodeCursor(tag, restart);
    this.#numbering = new LineNumbering(tag, step, from);
    this.#pem = new PemMask(findSecrets);
    this.#secretMask = createLineMask<LogLine>(findSecrets, (line) => this.#show(line));
    this.#gaps = new GapNotes(step);
    this.#maskMessage = messageMask(findSecrets);
    this.#trustsDetector = trustsDetector;
    if (from && cursorLost && !trustsDetector) this.#gaps.open(cursorLost, cursorTime(from));
  }

  push(bytes: Uint8Array): LogEvent[] {
    const events = this.#process(this.#rawLines.push(bytes));
    return this.#showsStates ? [...events, ...this.#unfinishedLine()] : events;
  }

  /** Ends the stream, whose bytes must be complete. The text after the last line feed becomes a line. */
  finish(): LogEvent[] {
    return this.#process(this.#rawLines.finish());
  }

  /** Cursor of the line after which the next log stream resumes. */
  get position(): Cursor | undefined {
    return this.#lastShown ? decodeCursor(this.#lastShown.cursor) : this.#resume?.cursor;
  }

  /** Cursor of the line after which the next log stream begins, so that its masks come to `position` in the right state. */
  get restart(): Cursor | undefined {
    return this.#settled === undefined ? undefined : decodeCursor(this.#settled);
  }

  /**
   * The last line that the stream brought, as the kubelet sent it. After `finish` it may be a line without a line feed.
   */
  get lastRaw(): RawLine | undefined {
    return this.#lastRaw;
  }

  /**
   * Says whether the stream has come to the line after which reading resumes. Always true for a reading from the log's
   * start.
   */
  get hasReachedStart(): boolean {
    return this.#resume?.isReached ?? true;
  }

  /** Says whether the stream is past the cursor's time without the cursor's line, so that lines are missing. */
  get hasMissedCursor(): boolean {
    return this.#resume?.isMissed ?? false;
  }

  /** Says whether the kubelet sent a message that it no longer has the log. */
  get isUnavailable(): boolean {
    return this.#isUnavailable;
  }

  /** Says whether the stream has ended with the last line that the step could print. */
  get hasEndMark(): boolean {
    return this.#marks?.hasEnd ?? false;
  }

  /** Returns the events that say whether lines are missing at the end of the log, and in the whole log. */
  conclude(): LogEvent[] {
    const from = this.#resume?.cursor;
    if (from && this.#trustsDetector && this.#detector?.isExpectingLines) this.#gaps.open('rotated', cursorTime(from));
    const { nextLine } = this.#numbering;
    return [...this.#gaps.atEnd(nextLine), ...(this.#marks?.verdict(this.#step, nextLine) ?? [])];
  }

  #process(rawLines: RawLine[]): LogEvent[] {
    this.#events = [];
    for (const raw of rawLines) {
      if (raw.time === '') {
        this.#addKubeletMessage(raw);
        continue;
      }
      if (raw.isOverwritten) {
        this.#overwrite(raw);
        continue;
      }
      if (raw.isPart) this.#detector?.addPart(raw.time);
      else this.#detectRotation(raw);
      this.#lastRaw = raw;
      if (!raw.isPart) this.#dropMark(raw);
    }
    this.#addRestart();
    return this.#events;
  }

  /** Adds a line, or a part of a line, unless it is a mark. A mark is a whole line. */
  #dropMark(raw: RawLine): void {
    const isWhole = !this.#isInLine && !raw.more;
    this.#isInLine = raw.more;
    if (!this.#marks?.isMark(raw.text, isWhole, this.#numbering.nextLine)) this.#addLine(raw);
  }

  /** Passes text that is not shown through the masks, because a secret may begin in it. */
  #overwrite(raw: RawLine): void {
    this.#isInLine = true;
    this.#escapeAndMaskKeys(raw);
    this.#overwritten = withoutReturns(this.#overwritten + raw.text);
  }

  #addLine(raw: RawLine): void {
    this.#secretMask.push(this.#addCursor(raw, this.#escapeAndMaskKeys(raw)), this.#overwritten);
    this.#overwritten = '';
  }

  /** Returns the present state of a line that stays unfinished. Returns none if earlier lines say what it may hold. */
  #unfinishedLine(): PartialLine[] {
    const line = this.#rawLines.unfinishedAtMark;
    const isUncertain = !this.#secretMask.isAtRest || this.#pem.isOpen || this.#resume?.isSearching;
    if (!line || isUncertain || !line.text.includes('\r')) return [];
    if (!this.#stateLimit.allows(this.#overwritten.length + line.text.length, performance.now())) return [];
    const { overwritten, shown } = lastState(line.text);
    const known = { overwritten: this.#overwritten + overwritten, secrets: this.#secrets };
    const text = shown.length > maxLineLength ? '' : maskUnfinished(this.#findSecrets, shown, known);
    return text === '' ? [] : [{ type: 'partial', step: this.#step, time: line.time, text }];
  }

  #addRestart(): void {
    const last = lastLineOf(this.#events);
    if (last && last.cursor !== this.#settled) this.#events.push({ type: 'restart', cursor: this.#settled });
  }

  /**
   * Handles a line without a time: a message of the kubelet, or the rest of a line that began before a resumed stream.
   */
  #addKubeletMessage({ text }: RawLine): void {
    this.#isUnavailable ||= text.startsWith('unable to retrieve container logs');
    const isRest = this.#lastRaw === undefined && this.#resume !== undefined;
    if (!isRest) this.#events.push({ type: 'note', text: this.#maskMessage(`the kubelet says: ${text}`) });
  }

  /**
   * Records a gap if the rotation detector finds one before this line. Until a resumed stream has come to the cursor's
   * line, a gap proves nothing, as the reader may have the missing lines.
   */
  #detectRotation(raw: RawLine): void {
    if (this.#resume?.isSearching || !this.#detector?.isGapBefore(raw)) return;
    this.#pem.watch();
    const after = this.#lastRaw ? toMilliseconds(this.#lastRaw.time) : this.#resume && cursorTime(this.#resume.cursor);
    if (after !== undefined) this.#gaps.open('rotated', after);
  }

  #escapeAndMaskKeys({ text, more }: RawLine): string {
    return this.#pem.push(escapeControls(text, more), more);
  }

  #addCursor(raw: RawLine, text: string): LogLine {
    this.#numbering.advance(raw.time);
    if (this.#isSeen()) return this.#numbering.seenLine(raw, text);
    const line = this.#numbering.addCursor(raw, text);
    if (raw.more) this.#marks?.addPart();
    if (raw.more || !this.#pem.isAtRest) this.#unsettled.add(line);
    this.#gaps.attachTo(line);
    return line;
  }

  /**
   * Says whether the reader has the current line already. The masks come to rest at the line `restart`. If the log no
   * longer has that line, a private key may be open at the cursor's line.
   */
  #isSeen(): boolean {
    const { key, sameTimeBefore } = this.#numbering;
    if (this.#restart?.isSeen(key, sameTimeBefore) && this.#restart.isReached) this.#pem.rest();
    if (!this.#resume?.isSeen(key, sameTimeBefore)) return false;
    if (this.#resume.isReached && this.#restart?.isReached === false) this.#pem.open();
    return true;
  }

  #show(line: LogLine): void {
    if (line.cursor === seenCursor) return;
    const note = this.#gaps.takeBefore(line);
    if (note) this.#events.push(note);
    this.#events.push(line);
    this.#lastShown = line;
    if (!this.#unsettled.delete(line) && this.#secretMask.isAtRest) this.#settled = line.cursor;
  }
}
