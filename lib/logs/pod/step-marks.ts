import type { LogEvent, LogNote } from '../types.ts';
import { containerOf, type StepPod } from './pod-state.ts';

/**
 * Marks are lines that the pipeline itself writes into the log of a step, and that are not shown:
 * `[log-mark NAME] begin` is the first line. `[log-mark NAME] end: 12 lines, 345 bytes` is the last line, with the numbers
 * of what the step has written between the two marks. `[log-mark NAME] continues` ends a line that the step has not
 * finished (continued-lines.ts). NAME is the value of the variable STEP_LOG_MARK in the container of the step, which a
 * build can't change. A build that learns the name can make its own log seem incomplete, or complete although lines are
 * missing (docs/adr/0033-log-marks.md).
 * @see knative/charts/builds-builder/files/steps/run-phase.sh
 */
const variable = 'STEP_LOG_MARK';

/** Name in the marks of a step's log. A log of a pipeline without marks has no name. */
export const markNameOf = ({ spec }: StepPod, step: string): string | undefined => {
  const { env = [] } = spec?.containers?.find(({ name }) => name === containerOf(step)) ?? {};
  return env.find(({ name }) => name === variable)?.value || undefined;
};

/** Returns the text that ends an unfinished line in the log of a step. */
export const continuesMark = (name: string): string => `[log-mark ${name}] continues\n`;

const endNumbers = /^end: (\d{1,15}) lines, \d{1,15} bytes$/;

/** A line of Tekton's own, such as the one of a step that was skipped: it begins as Go's log package writes times. */
const ownLine = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /;
/** Limit for the lines that Tekton prints in place of a step. More lines are those of a program that writes times so, too. */
const maxOwnLines = 3;

/** Result of comparing a step's log with its marks: it is whole; so many lines are missing, or an unknown number of lines. */
type Verdict = 'whole' | { missing: number; of: number } | 'unknown' | 'no beginning';

const missingText = (step: string, verdict: Exclude<Verdict, 'whole' | 'unknown'>): string => {
  if (verdict === 'no beginning')
    return `the beginning of the log of step ${step} is missing: the node threw it away before it was read`;
  const { missing, of } = verdict;
  const lines = of === 1 ? 'the only line' : `${missing} of the ${of} lines`;
  return `${lines} of step ${step} ${missing === 1 ? 'is' : 'are'} missing: the node threw away what was not read in time`;
};

/** Reads the marks of one step's log, over all its streams, and says whether lines are missing. */
export class StepMarks {
  /** Name in the marks. */
  readonly name: string;
  readonly #prefix: string;
  readonly #startsAtBeginning: boolean;
  #hasBegin = false;
  #isFirst = true;
  #ownLines = 0;
  #hasOutput = false;
  #isDoubtful = false;
  #parts: number;
  #end: { lines: number; seen: number } | undefined;

  /**
   * @param name the name in the marks
   * @param startsAtBeginning whether the first stream begins with the first line of the log
   * @param parts number of the lines before the first stream that are parts of lines which another part continues
   */
  constructor(name: string, startsAtBeginning: boolean, parts = 0) {
    this.#parts = parts;
    this.name = name;
    this.#prefix = `[log-mark ${name}] `;
    this.#startsAtBeginning = startsAtBeginning;
  }

  /**
   * Takes the next line of the log, or the next part of a line.
   * @param isWhole false for a part of a line. A mark is a whole line
   * @param seen number of lines, and parts of lines, of the step before this line that the reader has
   * @returns whether the line is a mark, which is not shown
   */
  isMark(text: string, isWhole: boolean, seen: number): boolean {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isWhole && text.startsWith(this.#prefix) && this.#readMark(text.slice(this.#prefix.length), isFirst, seen))
      return true;
    if (!this.#hasOutput || this.#end) this.#addOutput(isWhole && ownLine.test(text));
    return false;
  }

  /** Tekton may print lines of its own after the step has ended. Any other line shows that the step has not ended. */
  #addOutput(isOwn: boolean): void {
    this.#ownLines += isOwn ? 1 : 0;
    this.#hasOutput ||= !isOwn || this.#ownLines > maxOwnLines;
    if (!isOwn) this.#end = undefined;
  }

  #readMark(mark: string, isFirst: boolean, seen: number): boolean {
    const end = endNumbers.exec(mark);
    if (!end && mark !== 'begin') return false;
    this.#end = end ? { lines: Number(end[1]), seen: seen - this.#parts } : undefined;
    this.#hasBegin ||= isFirst && !end;
    return true;
  }

  /** Records that the reader has a part of a line that another part continues. */
  addPart(): void {
    this.#parts += 1;
  }

  /** Tells that the marks don't count the lines of the reader, because Tekton has made the pod again. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  /** Says whether the last mark was read, and no line of the step after it. */
  get hasEnd(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Returns the event that says whether the log of a step is whole, or how many of its lines are missing. The log must
   * have been read to its end.
   * @param line number that the next line of the step would have
   */
  verdict(step: string, line: number): LogEvent[] {
    const verdict = this.#verdict();
    if (verdict === 'unknown') return [];
    if (verdict === 'whole') return [{ type: 'whole', step }];
    const missing = verdict === 'no beginning' ? {} : { missing: verdict.missing };
    const note: LogNote = {
      type: 'note',
      text: missingText(step, verdict),
      position: { step, line, gap: true, ...missing },
    };
    return [note];
  }

  #verdict(): Verdict {
    if (this.#isDoubtful) return 'unknown';
    const { lines: of = 0, seen = 0 } = this.#end ?? {};
    if (of > seen) return { missing: of - seen, of };
    const hasContent = this.#hasOutput || this.#end !== undefined;
    if (this.#startsAtBeginning && !this.#hasBegin && hasContent) return 'no beginning';
    // Without a last mark the process that writes marks was killed with its step. A reader that has more lines than the
    // last mark says has lines of another pod, or lines that passed the counting process. A long line of which a part is
    // missing still counts as one line.
    return this.#end && of === seen && this.#parts === 0 ? 'whole' : 'unknown';
  }
}
