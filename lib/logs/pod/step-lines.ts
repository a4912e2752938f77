import { type Cursor, createTimeKey, cursorFromParts, cursorSuffix, decodeCursor, isLater } from '../cursor.ts';
import { escapeControls } from '../masking/control-characters.ts';
import { createLineMask } from '../masking/line-mask.ts';
import { messageMask } from '../masking/mask-message.ts';
import { createPemMask } from '../masking/pem.ts';
import type { SecretFinder } from '../masking/secret-finder.ts';
import type { LogEvent, LogLine, LogNote } from '../types.ts';
import { createLines, type RawLine } from './lines.ts';
import type { RotationDetector } from './rotation-detector.ts';

/** Why lines can't be read any more: the kubelet has rotated the log, or the pod is another one now. */
export type Missing = 'rotated' | 'replaced';

/** What became of a log whose pod went away: the reason, or the beginning of one. */
export const podGone = 'the pod was gone before its log was read to the end';

const causes: Record<Missing, (when: string) => string> = {
  rotated: (when) => `the node threw away what was printed ${when}`,
  replaced: (when) => `${podGone} (what it printed ${when}), and another one began anew`,
};

export type StepLinesOptions = {
  /** Of cursorTag. */
  tag: string;
  step: string;
  findSecrets: SecretFinder;
  /** The last line that was seen. The bytes must begin at its second or earlier. */
  from?: Cursor | undefined;
  /** The line of `from` is no longer there: begin with what is later than it, and say that lines are missing. */
  missing?: Missing | undefined;
  samples?: RotationDetector | undefined;
  /** Only the samples tell whether lines are missing behind `from`. */
  sampled?: boolean;
};

/** One reading of a container's log: bytes in, events out. */
export type StepLines = {
  push(bytes: Uint8Array): LogEvent[];
  /** The bytes are at their end and all there: what came after the last line feed is a line too. */
  finish(): LogEvent[];
  /** Where the next reading goes on. */
  position(): Cursor | undefined;
  /** The last line as the kubelet sent it, the unfinished one included after `finish`. */
  lastRaw(): RawLine | undefined;
  /** Whether the line of `from` was found; true without one. */
  found(): boolean;
  /** The kubelet said, in place of the log, that it has none any more. */
  unavailable(): boolean;
  /** `from` was passed without having been found: lines are missing. */
  passed(): boolean;
  /** The word that lines are missing at the end, unless it was said before a line that came after them. */
  missing(): LogNote[];
};

const isoTime = ({ seconds, fraction }: Cursor): string =>
  new Date(seconds * 1000 + Math.floor(Number(`0.${fraction}`) * 1000)).toISOString();

/** To the millisecond. */
const shortTime = (time: string): string => new Date(time).toISOString();

/** In place of the cursor of a line from before `from`: it only passes through the masks. */
const seenBefore = '';

type Gap = { cause: Missing; after: string };

/** @param before of the first line behind it */
const gapNote = (step: string, line: number, { cause, after }: Gap, before?: string): LogNote => {
  const when = before === undefined ? `after ${after}` : `between ${after} and ${shortTime(before)}`;
  const text = `lines of step ${step} are missing here: ${causes[cause](when)}`;
  return { type: 'note', text, position: { step, line, gap: true } };
};

/**
 * Escapes, masks and numbers a step's lines. A reading that goes on at a cursor gets some lines from before it again (the
 * kubelet looks up whole seconds): they pass through the same masks, so that what follows is the same, byte for byte, as
 * in a reading from the start.
 */
export const createStepLines = ({
  tag,
  step,
  findSecrets,
  from,
  missing,
  samples,
  sampled = false,
}: StepLinesOptions): StepLines => {
  const lines = createLines();
  const pem = createPemMask();
  const timeKey = createTimeKey();
  const note = messageMask(findSecrets);
  const wanted = from ? `${from.seconds.toString(36)}.${from.fraction}` : '';

  let skipping = from !== undefined;
  let passed = false;
  let line = from ? from.line + 1 : 0;
  let key = '';
  let same = 0;
  let events: LogEvent[] = [];
  let last: LogLine | undefined;
  let lastRaw: RawLine | undefined;
  let unavailable = false;
  /** The next line tells until when. */
  let gap: Gap | undefined = from && missing && !sampled ? { cause: missing, after: isoTime(from) } : undefined;
  /** Before lines that are not shown yet. */
  const gaps = new Map<LogLine, Gap>();

  if (from && missing) pem.raise(from.pemLinesLeft);

  /** Whether this line was seen before; ends the skipping behind the cursor's line. */
  const skip = (cursor: Cursor): boolean => {
    if (missing) {
      skipping = !isLater(key, cursor);
      return skipping;
    }
    passed ||= isLater(key, cursor, 1);
    if (key === wanted && same === cursor.sameTimeBefore) {
      skipping = false;
      pem.raise(cursor.pemLinesLeft);
    }
    return true;
  };

  const mask = createLineMask<LogLine>(findSecrets, (shown) => {
    if (shown.cursor === seenBefore) return;
    const before = gaps.get(shown);
    if (before) {
      events.push(gapNote(step, shown.line, before, shown.time));
      gaps.delete(shown);
    }
    events.push(shown);
    last = shown;
  });

  const prepare = ({ time, text: raw, more }: RawLine): LogLine => {
    const next = timeKey(time);
    same = next === key ? same + 1 : 0;
    key = next;
    const text = pem.push(escapeControls(raw, more));
    const isOld = skipping && from !== undefined && skip(from);
    const cursor = isOld ? seenBefore : cursorFromParts(tag, step, line, key, cursorSuffix(same, pem.remaining()));
    const prepared: LogLine = { type: 'line', step, line, time, text, cursor };
    if (more) prepared.more = true;
    if (isOld) return prepared;
    if (gap) gaps.set(prepared, gap);
    gap = undefined;
    line += 1;
    return prepared;
  };

  /** Without a time it is the kubelet's own word, or the end of a line whose beginning was seen before. */
  const untimed = (piece: RawLine): LogNote[] => {
    unavailable ||= piece.text.startsWith('unable to retrieve container logs');
    return lastRaw === undefined && from ? [] : [{ type: 'note', text: note(`the kubelet says: ${piece.text}`) }];
  };

  /** Notices what the stream was led past; not on the way to `from`, as another reading may find all that again. */
  const notice = (piece: RawLine): void => {
    const isSearching = skipping && !missing;
    if (isSearching || !samples?.pass(piece)) return;
    const after = lastRaw ? shortTime(lastRaw.time) : from && isoTime(from);
    if (after !== undefined) gap ??= { cause: 'rotated', after };
  };

  const take = (pieces: RawLine[]): LogEvent[] => {
    events = [];
    for (const piece of pieces) {
      if (piece.time === '') {
        events.push(...untimed(piece));
        continue;
      }
      notice(piece);
      lastRaw = piece;
      mask.push(prepare(piece));
    }
    return events;
  };

  return {
    push: (bytes) => take(lines.push(bytes)),
    finish: () => take(lines.rest()),
    position: () => (last ? decodeCursor(last.cursor) : from),
    lastRaw: () => lastRaw,
    found: () => !skipping,
    unavailable: () => unavailable,
    passed: () => skipping && passed,
    missing: () => {
      if (sampled && from && samples?.open()) gap ??= { cause: 'rotated', after: isoTime(from) };
      return gap ? [gapNote(step, line, gap)] : [];
    },
  };
};
