import { createHash } from 'node:crypto';
import { ApiError } from '../errors.ts';

/** A place in a build's log: right behind one line. */
export type Cursor = {
  step: string;
  /** 0-based number of the line within the step. */
  line: number;
  /** The line's time: what the kubelet can look for. */
  seconds: number;
  /** Digits after the decimal point, as the kubelet gave them. */
  fraction: string;
  /** How many lines right before it bear the same time. */
  sameTimeBefore: number;
  /** In how many more lines a private key may go on (lib/logs/masking/pem.ts). */
  pemLinesLeft: number;
};

const form =
  /^([\w-]{8})\.([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.([0-9a-z]{1,9})\.([0-9a-z]{1,8})\.(\d{0,9})(?:\.([0-9a-z]{1,9})\.([0-9a-z]{1,3}))?$/;

/** What a build's cursors begin with, so that another build's are refused. */
export const cursorTag = (id: string): string => createHash('sha256').update(id).digest('base64url').slice(0, 8);

/** Seconds since 1970 in base 36, a point, the fraction's digits. */
export type TimeKey = (time: string) => string;

/** Lines of one second come together: parsing each one's date would cost more than the rest of the cursor. */
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

/** Whether a time is later than the cursor's. @param key of a TimeKey */
export const isLater = (key: string, { seconds, fraction }: Cursor, slackSeconds = 0): boolean => {
  const [second = '', digits = ''] = key.split('.');
  const difference = Number.parseInt(second, 36) - seconds - slackSeconds;
  return difference === 0 ? digits.padEnd(9, '0') > fraction.padEnd(9, '0') : difference > 0;
};

/** The end of a cursor, mostly ''. */
export const cursorSuffix = (same: number, pem: number): string =>
  same === 0 && pem === 0 ? '' : `.${same.toString(36)}.${pem.toString(36)}`;

/** @param tag of cursorTag; @param key of a TimeKey; @param suffix of cursorSuffix */
export const cursorFromParts = (tag: string, step: string, line: number, key: string, suffix: string): string =>
  `${tag}.${step}.${line.toString(36)}.${key}${suffix}`;

export const encodeCursor = (
  tag: string,
  { step, line, seconds, fraction, sameTimeBefore, pemLinesLeft }: Cursor,
): string =>
  cursorFromParts(tag, step, line, `${seconds.toString(36)}.${fraction}`, cursorSuffix(sameTimeBefore, pemLinesLeft));

/** The last second that RFC 3339 can write. */
const latest = 253_402_300_799;

const invalid = (): ApiError =>
  new ApiError(
    400,
    'cursor_invalid',
    "This cursor is not one of this build's log. Use one from its stream, or read from the start without it.",
  );

const partsOf = (text: string): { tag: string | undefined; cursor: Cursor } => {
  const [, tag, step = '', line = '', seconds = '', fraction = '', same = '0', pem = '0'] = form.exec(text) ?? [];
  const cursor = {
    step,
    line: Number.parseInt(line, 36),
    seconds: Number.parseInt(seconds, 36),
    fraction,
    sameTimeBefore: Number.parseInt(same, 36),
    pemLinesLeft: Number.parseInt(pem, 36),
  };
  return { tag, cursor };
};

/** Of one that was made here. */
export const decodeCursor = (text: string): Cursor => partsOf(text).cursor;

/**
 * @param id of the build whose log is read
 * @throws ApiError 400 `cursor_invalid`, for a cursor of another build too
 */
export const parseCursor = (text: string, id: string): Cursor => {
  const { tag, cursor } = partsOf(text);
  if (tag !== cursorTag(id) || cursor.seconds > latest || encodeCursor(tag, cursor) !== text) throw invalid();
  return cursor;
};

/** As parseCursor, and the step must be one whose log is shown. */
export const parseShownCursor = (text: string, id: string, allowedSteps: readonly string[]): Cursor => {
  const cursor = parseCursor(text, id);
  if (!allowedSteps.includes(cursor.step)) throw invalid();
  return cursor;
};
