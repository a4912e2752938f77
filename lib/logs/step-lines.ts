import { type Cursor, createTimeKey, cursorSuffix, encodeCursor, isLater } from './cursor.ts';
import type { Detector } from './detect.ts';
import { escapeControls } from './escape.ts';
import { createLines, type Piece } from './lines.ts';
import { createMask } from './mask.ts';
import { createPemMask } from './pem.ts';
import type { Samples } from './samples.ts';
import type { LogEvent, LogNote } from './types.ts';

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
  detect: Detector;
  /** The last line that was seen. The bytes must begin at its second or earlier. */
  from?: Cursor | undefined;
  /** The line of `from` is no longer there: begin with what is later than it, and say that lines are missing. */
  missing?: Missing | undefined;
  samples?: Samples | undefined;
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
  lastRaw(): Piece | undefined;
  /** Whether the line of `from` was found; true without one. */
  found(): boolean;
  /** The kubelet said, in place of the log, that it has none any more. */
  unavailable(): boolean;
  /** `from` was passed without having been found: lines are missing. */
  passed(): boolean;
  /** The word that lines are missing at the end, unless it was said before a line that came after them. */
  missing(): LogNote[];
};

type Work = Piece & { key: string; same: number; pem: number; drop: boolean; gap?: Gap };

/** A note's or message's text as it may be shown. */
export const safeText = (detect: Detector): ((text: string) => string) => {
  const mask = createMask<{ text: string; more: boolean }>(detect);
  return (text) => mask.push({ text: escapeControls(text.replaceAll('\n', ' ')), more: false })[0]?.text ?? '';
};

const isoTime = ({ seconds, fraction }: Cursor): string =>
  new Date(seconds * 1000 + Math.floor(Number(`0.${fraction}`) * 1000)).toISOString();

/** To the millisecond. */
const shortTime = (time: string): string => new Date(time).toISOString();

type Gap = { cause: Missing; after: string };

/** @param before of the first line behind it */
const gapNote = (step: string, line: number, { cause, after }: Gap, before?: string): LogNote => {
  const when = before === undefined ? `after ${after}` : `between ${after} and ${shortTime(before)}`;
  const text = `lines of step ${step} are missing here: ${causes[cause](when)}`;
  return { type: 'note', text, lasting: { step, line, gap: true } };
};

/**
 * Escapes, masks and numbers a step's lines. A reading that goes on at a cursor gets some lines from before it again (the
 * kubelet looks up whole seconds): they pass through the same masks, so that what follows is the same, byte for byte, as
 * in a reading from the start.
 */
export const createStepLines = ({
  tag,
  step,
  detect,
  from,
  missing,
  samples,
  sampled = false,
}: StepLinesOptions): StepLines => {
  const lines = createLines();
  const pem = createPemMask();
  const mask = createMask<Work>(detect);
  const timeKey = createTimeKey();
  const note = safeText(detect);
  const wanted = from ? `${from.seconds.toString(36)}.${from.fraction}` : '';

  let skipping = from !== undefined;
  let passed = false;
  let line = from ? from.line + 1 : 0;
  let key = '';
  let same = 0;
  let last: Work | undefined;
  let lastRaw: Piece | undefined;
  let unavailable = false;
  /** The next line tells until when. */
  let gap: Gap | undefined = from && missing && !sampled ? { cause: missing, after: isoTime(from) } : undefined;

  if (from && missing) pem.raise(from.pem);

  /** Whether this line was seen before; ends the skipping behind the cursor's line. */
  const skip = (cursor: Cursor): boolean => {
    if (missing) {
      skipping = !isLater(key, cursor);
      return skipping;
    }
    passed ||= isLater(key, cursor, 1);
    if (key === wanted && same === cursor.same) {
      skipping = false;
      pem.raise(cursor.pem);
    }
    return true;
  };

  const prepare = (piece: Piece): Work => {
    const next = timeKey(piece.time);
    same = next === key ? same + 1 : 0;
    key = next;
    const text = pem.push(escapeControls(piece.text, piece.more));
    const drop = skipping && from !== undefined && skip(from);
    const work: Work = { time: piece.time, text, more: piece.more, key, same, pem: pem.remaining(), drop };
    if (!gap || drop) return work;
    work.gap = gap;
    gap = undefined;
    return work;
  };

  const show = (work: Work, events: LogEvent[]): void => {
    if (work.gap) events.push(gapNote(step, line, work.gap, work.time));
    last = work;
    const cursor = encodeCursor(tag, step, line, work.key, cursorSuffix(work.same, work.pem));
    const { time, text } = work;
    const shown: LogEvent = { type: 'line', step, line, time, text, cursor };
    if (work.more) shown.more = true;
    line += 1;
    events.push(shown);
  };

  /** Without a time it is the kubelet's own word, or the end of a line whose beginning was seen before. */
  const untimed = (piece: Piece): LogNote[] => {
    unavailable ||= piece.text.startsWith('unable to retrieve container logs');
    return lastRaw === undefined && from ? [] : [{ type: 'note', text: note(`the kubelet says: ${piece.text}`) }];
  };

  /** Notices what the stream was led past; not on the way to `from`, as another reading may find all that again. */
  const notice = (piece: Piece): void => {
    const isSearching = skipping && !missing;
    if (isSearching || !samples?.pass(piece)) return;
    const after = lastRaw ? shortTime(lastRaw.time) : from && isoTime(from);
    if (after !== undefined) gap ??= { cause: 'rotated', after };
  };

  const take = (pieces: Piece[]): LogEvent[] => {
    const events: LogEvent[] = [];
    for (const piece of pieces) {
      if (piece.time === '') {
        events.push(...untimed(piece));
        continue;
      }
      notice(piece);
      lastRaw = piece;
      for (const work of mask.push(prepare(piece))) if (!work.drop) show(work, events);
    }
    return events;
  };

  return {
    push: (bytes) => take(lines.push(bytes)),
    finish: () => take(lines.rest()),
    position: () => {
      if (!last) return from;
      const [seconds = '', fraction = ''] = last.key.split('.');
      return { step, line: line - 1, seconds: Number.parseInt(seconds, 36), fraction, same: last.same, pem: last.pem };
    },
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
