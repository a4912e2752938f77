import { expect, test } from '@jest/globals';
import { acceptsGzip, chooseFormat } from '../../../../../lib/logs/response/negotiate.ts';

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
  ['text/plain; version=1; q=0.5, application/x-ndjson; charset=utf-8; q=0.4', undefined, 'text'],
  ['application/x-ndjson, text/plain', undefined, 'text'],
  ['application/x-ndjson, Text/Event-Stream; q=1', undefined, 'sse'],
  ['application/x-ndjson;q=0.5, text/plain;q=0.5, */*;q=0.1', undefined, 'text'],
  ['text/*, application/x-ndjson', undefined, 'ndjson'],
  ['not a media type, text/event-stream', undefined, 'sse'],
  ['image/png', 'sse', 'sse'],
] as const)('Accept %j with format %j chooses %s', (accept, format, chosen) =>
  expect(chooseFormat(accept, format)).toBe(chosen),
);

test('a media type that is not offered is refused with 406, and an unknown format with 400', () => {
  expect(() => chooseFormat('image/png', undefined)).toThrow('Logs come as text/plain');
  expect(() => chooseFormat('*/*;q=0', undefined)).toThrow(
    expect.objectContaining({ status: 406, code: 'not_acceptable' }),
  );
  expect(() => chooseFormat('*/*', 'toString')).toThrow(expect.objectContaining({ status: 400 }));
});

test.each([
  ['gzip, deflate', true],
  ['GZIP;q=0.5', true],
  ['*', true],
  ['br', false],
  ['gzip;q=0, *', false],
  ['', false],
  [undefined, false],
])('Accept-Encoding %j: gzip is accepted: %j', (accept, accepted) => expect(acceptsGzip(accept)).toBe(accepted));
