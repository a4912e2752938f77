// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the tests are about control characters
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import type { LogEvent, LogLine } from '../../../../../lib/logs/types.ts';

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

/** Splits a text into lines in the way of Python's str.splitlines, which clients of the text format use. */
const pythonLines = (text: string): string[] =>
  text.split(/\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/).slice(0, -1);

test('text makes of every event an object with `line` and without `message`', () => {
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
  [
    { ...end, log: 'live', status: 'BUILD_RUNNING' },
    '[builds] this is all there is so far (BUILD_RUNNING), but the log goes on: follow it (-f, follow=true), or request it again with the last cursor',
  ],
  [
    { ...end, limited: true },
    '[builds] these are the requested lines; the log may go on: request it again with the last cursor',
  ],
  [
    { ...end, log: 'lost', reason: 'gone' },
    '[builds] the build has ended: BUILD_SUCCESS; the log is not all there: gone',
  ],
  [
    { ...end, log: 'truncated', reason: 'too long' },
    '[builds] the build has ended: BUILD_SUCCESS; the log is truncated: too long',
  ],
] as [LogEvent, string][])('text says how the log ended: %j', (event, said) =>
  expect(JSON.parse(encoders.text.encode([event])).line).toBe(said),
);

test('ndjson and sse encode events as the API documents them', () => {
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

test.each(['text', 'ndjson'] as const)('property: no text and no keep-alive breaks the lines of %s', (format) => {
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

test('sse sends a keep-alive as a comment, an error as a note, and a hand-over as a short delay to the next request', () => {
  expect(encoders.sse.keepAlive).toBe(':\n\n');
  expect(encoders.sse.failure({ code: 'log_unavailable', message: 'Later.' }, undefined)).toBe(
    'event: note\ndata: {"note":"error: Later.","code":"log_unavailable"}\n\n',
  );
  const goesOn =
    /event: note\ndata: \{"note":"this stream ends here, but the log does not[^\n]*","hand_over":true\}\n\n$/;
  for (const cursor of ['c', undefined]) expect(encoders.sse.handOver(cursor)).toMatch(goesOn);
  expect(encoders.sse.handOver('c')).toMatch(/^retry: 100\nid: c\n/);
  expect(encoders.sse.handOver(undefined)).not.toContain('id:');
});
