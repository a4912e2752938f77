import { createHash } from 'node:crypto';
import { ApiError } from '../errors.ts';

/**
 * A position in a build's log: directly after one line. A client can write any cursor, so a cursor decides only which
 * lines are shown, never what is masked in them.
 */
export type Cursor = {
  step: string;
  /** 0-based number of the cursor's line within the step. */
  line: number;
  /** Time of the cursor's line in whole seconds since 1970, by which the kubelet finds the line. */
  seconds: number;
  /** Fraction of a second in the time of the cursor's line: the digits that the kubelet sent. */
  fraction: string;
  /** Number of lines directly before the cursor's line that have the same time. */
  sameTimeBefore: number;
};

/**
 * Form of a cursor's text. Cursors that earlier versions made have one more part, the state of the mask for private
 * keys. Clients and archives have such cursors still, so the part is accepted and has no effect.
 */
const form =
  /^([\w-]{8})\.([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.([0-9a-z]{1,9})\.([0-9a-z]{1,8})\.(\d{0,9})(?:\.([0-9a-z]{1,9})(\.[0-9a-z]{1,3})?)?$/;

/**
 * Returns the first part of a build's cursors, which differs between builds. A cursor of another build is refused by
 * its first part.
 */
export const cursorTag = (id: string): string => createHash('sha256').update(id).digest('base64url').slice(0, 8);

/**
 * Returns a line's time in the form that cursors contain: seconds since 1970 in base 36, a point, the digits of the
 * fraction.
 */
export type TimeKey = (time: string) => string;

/**
 * Returns a function that turns a line's time into the form that cursors contain. It parses a date only when the second
 * changes, because parsing the date of each line would cost more than the rest of the cursor.
 */
export const createTimeKey = (): TimeKey => {
  let head = '';
  let zone = '';
  let seconds = '';
  return (time) => {
    const zoneAt = time.endsWith('Z') ? time.length - 1 : time.length - 6;
    if (!time.startsWith(head) || head === '' || time.slice(zoneAt) !== zone) {
      head = time.slice(0, 19);
      zone = time.slice(zoneAt);
      seconds = `${Math.floor(Date.parse(head + zone) / 1000).toString(36)}.`;
    }
    return seconds + time.slice(20, zoneAt);
  };
};

/**
 * Says whether a time is later than a cursor's time plus `slackSeconds`.
 * @param key the time in the form that cursors contain (TimeKey)
 */
export const isLater = (key: string, { seconds, fraction }: Cursor, slackSeconds = 0): boolean => {
  const [second = '', digits = ''] = key.split('.');
  const difference = Number.parseInt(second, 36) - seconds - slackSeconds;
  return difference === 0 ? digits.padEnd(9, '0') > fraction.padEnd(9, '0') : difference > 0;
};

/**
 * Returns the last part of a cursor's text: the number of lines directly before that have the same time. Empty if that
 * number is 0, as for most lines.
 */
export const cursorSuffix = (sameTimeBefore: number): string =>
  sameTimeBefore === 0 ? '' : `.${sameTimeBefore.toString(36)}`;

/**
 * Returns the text of a cursor, without making an object for the cursor's fields.
 * @param tag the first part, from cursorTag
 * @param key the line's time, from a TimeKey
 * @param suffix the last part, from cursorSuffix
 */
export const cursorFromParts = (tag: string, step: string, line: number, key: string, suffix: string): string =>
  `${tag}.${step}.${line.toString(36)}.${key}${suffix}`;

/** Returns the text of a cursor. @param tag the first part, from cursorTag */
export const encodeCursor = (tag: string, { step, line, seconds, fraction, sameTimeBefore }: Cursor): string =>
  cursorFromParts(tag, step, line, `${seconds.toString(36)}.${fraction}`, cursorSuffix(sameTimeBefore));

/** The largest time that a cursor may have: the last second of the year 9999, the last year that RFC 3339 can write. */
const maxSeconds = 253_402_300_799;

const invalid = (): ApiError =>
  new ApiError(
    400,
    'cursor_invalid',
    "This cursor is not one of this build's log. Use one from its stream, or read from the start without it.",
  );

type Decoded = {
  tag: string | undefined;
  cursor: Cursor;
  /** Last part of a cursor that an earlier version made, with its point. */
  oldPart: string | undefined;
};

const decode = (text: string): Decoded => {
  const [, tag, step = '', line = '', seconds = '', fraction = '', same = '0', oldPart] = form.exec(text) ?? [];
  const cursor = {
    step,
    line: Number.parseInt(line, 36),
    seconds: Number.parseInt(seconds, 36),
    fraction,
    sameTimeBefore: Number.parseInt(same, 36),
  };
  return { tag, cursor, oldPart };
};

/** Returns the only text that stands for a cursor. In the form of earlier versions no number may be left out. */
const spelling = (tag: string, { cursor, oldPart }: Decoded): string => {
  if (oldPart === undefined) return encodeCursor(tag, cursor);
  return `${encodeCursor(tag, { ...cursor, sameTimeBefore: 0 })}.${cursor.sameTimeBefore.toString(36)}${oldPart}`;
};

/** Returns the fields of a cursor that this process has made, without checking them. */
export const decodeCursor = (text: string): Cursor => decode(text).cursor;

/**
 * Returns the fields of a cursor that a client sent.
 * @param id id of the build whose log is read
 * @throws ApiError 400 `cursor_invalid`, also for a cursor of another build
 */
export const parseCursor = (text: string, id: string): Cursor => {
  const decoded = decode(text);
  const { tag, cursor } = decoded;
  if (tag !== cursorTag(id) || cursor.seconds > maxSeconds || spelling(tag, decoded) !== text) throw invalid();
  return cursor;
};

/**
 * Returns the fields of a client's cursor, if the log of the cursor's step may be shown.
 * @throws ApiError 400 `cursor_invalid`, also for a step whose log may not be shown
 */
export const parseShownCursor = (text: string, id: string, allowedSteps: readonly string[]): Cursor => {
  const cursor = parseCursor(text, id);
  if (!allowedSteps.includes(cursor.step)) throw invalid();
  return cursor;
};
