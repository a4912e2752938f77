import { expect, test } from '@jest/globals';
import { isBefore } from '../../../../../lib/logs/query/select.ts';
import { sinceTime } from '../../../../../lib/logs/query/since.ts';

const now = new Date('2026-11-22T08:02:11.250Z');

test.each([
  ['10m', '2026-11-22T07:52:11.250Z'],
  ['90s', '2026-11-22T08:00:41.250Z'],
  ['1h30m', '2026-11-22T06:32:11.250Z'],
  ['2d', '2026-11-20T08:02:11.250Z'],
  ['1d1h1m1s', '2026-11-21T07:01:10.250Z'],
  ['0s', '2026-11-22T08:02:11.250Z'],
  ['99999d', '1970-01-01T00:00:00.000Z'],
])('sinceTime counts the duration %s back from now', (since, time) => {
  expect(sinceTime(since, now, false)).toBe(time);
  expect(isBefore(time)('2026-11-22T08:02:12Z')).toBe(false);
});

test('sinceTime leaves out a duration, but not a time, where a client resumes a log', () => {
  expect(sinceTime('10m', now, true)).toBeUndefined();
  expect(sinceTime('2026-11-22T08:00:00Z', now, true)).toBe('2026-11-22T08:00:00Z');
  expect(sinceTime(undefined, now, false)).toBeUndefined();
});

test.each([
  ['2026-11-22T09:02:11 01:00', '2026-11-22T08:02:11Z'],
  ['2026-11-22T09:02:11.5 01:00', '2026-11-22T08:02:11.5Z'],
  ['2026-11-22 09:02:11 01:00', '2026-11-22T08:02:11Z'],
  ['2026-11-22T09:02 01:00', '2026-11-22T08:02:00Z'],
  ['2026-11-22 08:02:11Z', '2026-11-22T08:02:11Z'],
  ['2026-11-22T07:02:11-01:00', '2026-11-22T08:02:11Z'],
])('sinceTime takes %s, whose plus sign arrived as a blank, for the time %s', (since, time) => {
  const isEarlier = isBefore(sinceTime(since, now, false) ?? '');
  const before = new Date(Date.parse(time) - 1).toISOString();
  expect([isEarlier(before), isEarlier(time)]).toEqual([true, false]);
});

test.each(['', 'd', '10', '10min', '1.5h', '-10m', '+10m', ' 10m', '10m ', '30m1h', '10m10m', 'T10m', '9999999d'])(
  'sinceTime leaves %j as it is, and it is refused with an example of a duration',
  (since) => {
    expect(sinceTime(since, now, false)).toBe(since);
    expect(() => isBefore(since)).toThrow(
      expect.objectContaining({ status: 400, message: expect.stringContaining('10m or 1h30m') }),
    );
  },
);

test.each(['2026-11-22 08:02', '2026-11-22T08:02:11', '22 08:02', '2026-11-22T08:02:11 0100'])(
  'sinceTime makes no offset out of another blank in %s',
  (since) => {
    expect(sinceTime(since, now, false)).toBe(since);
    expect(() => isBefore(since)).toThrow('offset');
  },
);
