import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  createTimeKey,
  cursorTag,
  encodeCursor,
  isLater,
  parseCursor,
  parseShownCursor,
} from '../../../../lib/logs/cursor.ts';

const tag = cursorTag('b-1');
const cursor = {
  step: 'build',
  line: 7,
  seconds: 1_795_334_531,
  fraction: '123456789',
  sameTimeBefore: 0,
};

test('property: parseCursor returns what encodeCursor encoded', () => {
  const step = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  const fraction = fc.stringMatching(/^[0-9]{0,9}$/);
  const any = fc.record({
    step,
    line: fc.nat(),
    seconds: fc.nat(),
    fraction,
    sameTimeBefore: fc.nat(),
  });
  fc.assert(
    fc.property(any, (value) => {
      const text = encodeCursor(tag, value);
      expect(text.length).toBeLessThanOrEqual(200);
      expect(parseCursor(text, 'b-1')).toEqual(value);
    }),
  );
});

test('property: parseCursor refuses any other text with 400 cursor_invalid', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => encodeCursor(tag, cursor) + text),
      ),
      (text) => {
        fc.pre(text !== encodeCursor(tag, cursor));
        try {
          const parsed = parseCursor(text, 'b-1');
          const old = /^(.*\.[0-9a-z]+)\.[0-9a-z]{1,3}$/.exec(text)?.[1];
          expect([text, old, old?.replace(/\.0$/, '')]).toContain(encodeCursor(tag, parsed));
        } catch (error) {
          expect(error).toMatchObject({ status: 400, code: 'cursor_invalid' });
        }
      },
    ),
  );
});

test.each([
  '',
  'x',
  `${tag}.build.0.zzzzzzzz.1`,
  `${tag}.build.00.1.1`,
  `${tag}.Build.0.1.1`,
  `${tag}.build.0.1.1.0`,
  `${tag}.build.0.1.1.00.0`,
  `${tag}.build.00.1.1.0.0`,
  `${tag}.build.0.1.1.0.0.0`,
])('parseCursor refuses %j', (text) => expect(() => parseCursor(text, 'b-1')).toThrow('This cursor is not one'));

test('a cursor of an earlier version means the same line, whatever state of a mask it has', () => {
  for (const sameTimeBefore of [0, 40])
    for (const oldPart of ['0', '1', '74', 'zzz']) {
      const stem = encodeCursor(tag, cursor);
      const text = `${stem}.${sameTimeBefore.toString(36)}.${oldPart}`;
      expect(parseCursor(text, 'b-1')).toEqual({ ...cursor, sameTimeBefore });
    }
});

test('a cursor of another build is refused, and one of a step that is not shown', () => {
  const text = encodeCursor(tag, cursor);
  expect(() => parseCursor(text, 'b-2')).toThrow('This cursor is not one');
  expect(() => parseShownCursor(text, 'b-1', ['clone'])).toThrow('This cursor is not one');
  expect(parseShownCursor(text, 'b-1', ['clone', 'build'])).toEqual(cursor);
});

test('createTimeKey accepts times with and without fraction, at any offset from UTC', () => {
  const key = createTimeKey();
  const seconds = (Date.UTC(2026, 10, 22, 8, 2, 11) / 1000).toString(36);
  expect(key('2026-11-22T08:02:11.123456789Z')).toBe(`${seconds}.123456789`);
  expect(key('2026-11-22T08:02:11.5Z')).toBe(`${seconds}.5`);
  expect(key('2026-11-22T08:02:11Z')).toBe(`${seconds}.`);
  expect(key('2026-11-22T09:02:11.5+01:00')).toBe(`${seconds}.5`);
  expect(key('2026-11-22T08:02:12Z')).not.toBe(key('2026-11-22T08:02:11Z'));
});

test('isLater compares fractions of a second with different numbers of digits', () => {
  const key = createTimeKey();
  const at = (time: string) => key(`2026-11-22T08:02:${time}Z`);
  const from = { ...cursor, seconds: Date.UTC(2026, 10, 22, 8, 2, 11) / 1000, fraction: '5' };
  expect(
    ['11.5', '11.50', '11.499999999', '10', '11.500000001', '11.6', '12'].map((time) => isLater(at(time), from)),
  ).toEqual([false, false, false, false, true, true, true]);
  expect(isLater(at('12.4'), from, 1)).toBe(false);
  expect(isLater(at('12.6'), from, 1)).toBe(true);
});
