// biome-ignore-all lint/suspicious/noControlCharactersInRegex: they are what this is about
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LogEvent, LogLine } from '../../../../../lib/logs/types.ts';
import { encoders } from '../../../../../lib/logs/wire/encode.ts';
import { chooseFormat } from '../../../../../lib/logs/wire/negotiate.ts';

const time = '2026-11-22T08:02:11.123456789Z';
const line = (text: string, more: Partial<LogLine> = {}): LogLine => ({
  type: 'line',
  step: 'build',
  line: 0,
  time,
  text,
  cursor: 'c.1',
  ...more,
});
const end: LogEvent = { type: 'end', status: 'BUILD_SUCCESS', log: 'complete', cursor: 'c.1' };

/** As Python's str.splitlines cuts, which is what clients of the text format do. */
const pythonLines = (text: string): string[] =>
  text.split(/\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/).slice(0, -1);

test('text: every line is an object with `line`, the last one has no `message`', () => {
  const out = encoders.text.encode([
    { type: 'plan', steps: [] },
    { type: 'note', text: 'waiting: x' },
    line('a "b"'),
    line('c', { more: true }),
    end,
  ]);
  expect(pythonLines(out).map((json) => JSON.parse(json))).toEqual([
    { line: '[builds] waiting: x' },
    { line: `[step-build] ${time} a "b"`, cursor: 'c.1' },
    { line: `[step-build] ${time} c`, cursor: 'c.1', more: true },
    {
      line: '[builds] the build has ended: BUILD_SUCCESS',
      cursor: 'c.1',
      end: { status: 'BUILD_SUCCESS', log: 'complete' },
    },
  ]);
});

test.each([
  [{ ...end, log: 'live', status: 'BUILD_RUNNING' }, '[builds] this is all there is so far (BUILD_RUNNING)'],
  [
    { ...end, log: 'lost', reason: 'gone' },
    '[builds] the build has ended: BUILD_SUCCESS; the log is not all there: gone',
  ],
  [
    { ...end, log: 'truncated', reason: 'too long' },
    '[builds] the build has ended: BUILD_SUCCESS; the log is truncated: too long',
  ],
] as [LogEvent, string][])('text: how it ended', (event, said) =>
  expect(JSON.parse(encoders.text.encode([event])).line).toBe(said),
);

test('ndjson and sse have the documented frames', () => {
  const events: LogEvent[] = [
    line('a'),
    { type: 'note', text: 'n' },
    { ...end, log: 'lost', reason: 'gone' } as LogEvent,
    { type: 'done', step: 'build' },
  ];
  expect(encoders.ndjson.encode(events)).toBe(
    [
      `{"type":"line","step":"build","time":"${time}","line":"a","cursor":"c.1"}`,
      '{"type":"note","note":"n"}',
      '{"type":"end","status":"BUILD_SUCCESS","log":"lost","cursor":"c.1","reason":"gone"}',
      '',
    ].join('\n'),
  );
  expect(encoders.sse.encode(events)).toBe(
    `id: c.1\nevent: line\ndata: {"step":"build","time":"${time}","line":"a"}\n\n` +
      'event: note\ndata: {"note":"n"}\n\n' +
      'id: c.1\nevent: end\ndata: {"status":"BUILD_SUCCESS","complete":false,"log":"lost","reason":"gone"}\n\n',
  );
});

test.each(['text', 'ndjson'] as const)('property: %s: no text breaks the lines, keep-alives neither', (format) => {
  const { encode, keepAlive, failure, handOver } = encoders[format];
  const text = fc.string({
    unit: fc.constantFrom('a', '\u2028', '\u2029', '\u0085', '"', '\\', '\r', '\u001c', '\ud800', '\0'),
  });
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const all = texts.map((value) => encode([line(value), { type: 'note', text: value }])).join(keepAlive);
      const bytes = `${keepAlive}${all}${keepAlive}${failure({ code: 'internal', message: 'x\u2028' }, 'c')}${keepAlive}${handOver('c')}`;
      const parsed = pythonLines(bytes).map((json) => JSON.parse(json));
      expect(parsed).toHaveLength(2 * texts.length + 2);
      if (format === 'text')
        expect(parsed.every((value) => typeof value.line === 'string' && !('message' in value))).toBe(true);
    }),
  );
});

test('sse: a keep-alive is a comment, an error a note, a hand-over asks to come back soon', () => {
  expect(encoders.sse.keepAlive).toBe(':\n\n');
  expect(encoders.sse.failure({ code: 'log_unavailable', message: 'Later.' }, undefined)).toBe(
    'event: note\ndata: {"note":"error: Later.","code":"log_unavailable"}\n\n',
  );
  expect(encoders.sse.handOver('c')).toBe('id: c\nretry: 100\n\n');
  expect(encoders.sse.handOver(undefined)).toBe('retry: 100\n\n');
});

test.each([
  [undefined, undefined, 'text'],
  ['', undefined, 'text'],
  ['*/*', undefined, 'text'],
  ['text/*', undefined, 'text'],
  ['application/*', undefined, 'ndjson'],
  ['text/event-stream', undefined, 'sse'],
  ['text/event-stream, */*', undefined, 'sse'],
  ['*/*;q=0.1, application/x-ndjson;q=0.5', undefined, 'ndjson'],
  ['text/plain;q=0, */*', undefined, 'sse'],
  ['TEXT/PLAIN; charset=utf-8', undefined, 'text'],
  ['image/png', 'sse', 'sse'],
] as const)('Accept %j, format %j: %s', (accept, format, chosen) => expect(chooseFormat(accept, format)).toBe(chosen));

test('what we do not have is 406, and a format that does not exist 400', () => {
  expect(() => chooseFormat('image/png', undefined)).toThrow('Logs come as text/plain');
  expect(() => chooseFormat('*/*;q=0', undefined)).toThrow(
    expect.objectContaining({ status: 406, code: 'not_acceptable' }),
  );
  expect(() => chooseFormat('*/*', 'toString')).toThrow(expect.objectContaining({ status: 400 }));
});
