import { expect, test } from '@jest/globals';
import { BatchBuffer } from '../../../../../lib/logs/broadcast/batch-buffer.ts';
import type { LogEvent } from '../../../../../lib/logs/types.ts';

const line = (at: number, text = ''): LogEvent => ({
  type: 'line',
  step: 'build',
  line: at,
  time: '2026-11-22T08:02:11Z',
  text,
  cursor: `c.${at}`,
});

/** Estimated size of a log line without text, in bytes. */
const lineBytes = 300;

const filled = (batches: number, maxBytes: number): BatchBuffer => {
  const buffer = new BatchBuffer(() => maxBytes);
  for (let at = 0; at < batches; at += 1) buffer.add([line(2 * at), line(2 * at + 1)]);
  return buffer;
};

test('BatchBuffer returns a batch from its position on, until the batch is dropped', () => {
  const buffer = filled(10, 8 * lineBytes);
  expect(buffer.newestBytes).toBe(8 * lineBytes);
  expect(buffer.at({ batch: 9, skip: 1 })).toEqual([line(19)]);
  expect(buffer.at({ batch: 10, skip: 0 })).toBeUndefined();
  expect(buffer.hasDropped({ batch: 10, skip: 0 })).toBe(false);
  expect(buffer.at({ batch: 3, skip: 0 })).toBeUndefined();
  expect(buffer.hasDropped({ batch: 3, skip: 0 })).toBe(true);
});

test('BatchBuffer finds the position after a cursor within a batch, and at its end', () => {
  const buffer = filled(3, 1e6);
  expect(buffer.after('c.2')).toEqual({ batch: 1, skip: 1 });
  expect(buffer.after('c.3')).toEqual({ batch: 2, skip: 0 });
  expect(buffer.after('c.6')).toBeUndefined();
});

test('BatchBuffer keeps a quarter of its limit for the beginning', () => {
  const buffer = filled(12, 16 * lineBytes);
  expect([0, 1, 2, 3, 4].map((batch) => buffer.at({ batch, skip: 0 }) !== undefined)).toEqual([
    true,
    true,
    false,
    false,
    true,
  ]);
});

test('BatchBuffer begins after outdated notes, but not before archived ones', () => {
  const buffer = new BatchBuffer(() => 1e6);
  buffer.add([{ type: 'note', text: 'waiting: position 2' }]);
  buffer.add([{ type: 'note', text: 'waiting: position 1' }]);
  expect(buffer.start).toEqual({ batch: 1, skip: 0 });
  buffer.add([{ type: 'note', text: 'step clone succeeded', position: { step: 'clone', line: 0 } }]);
  buffer.add([{ type: 'note', text: 'waiting: an image' }]);
  expect(buffer.start).toEqual({ batch: 1, skip: 0 });
});

test('BatchBuffer keeps no states of an unfinished line for the beginning, and goes on with the line after them', () => {
  const buffer = new BatchBuffer(() => 16 * lineBytes);
  const plan: LogEvent = { type: 'plan', steps: ['build'] };
  buffer.add([plan]);
  for (let at = 0; at < 1000; at += 1)
    buffer.add([{ type: 'partial', step: 'build', time: '2026-11-22T08:02:11Z', text: `${at} of 1000` }]);
  buffer.add([line(0)]);
  for (let at = 1; at < 50; at += 1) buffer.add([line(at)]);
  const batches = Array.from({ length: 1002 }, (_, batch) => buffer.at({ batch, skip: 0 }));
  expect(batches).toEqual([[plan], ...Array.from({ length: 1000 }, () => []), [line(0)]]);
});
