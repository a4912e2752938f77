import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { ApiError } from '../../../../../lib/errors.ts';
import { encoders } from '../../../../../lib/logs/response/encode.ts';
import { type WriteOptions, writeLog } from '../../../../../lib/logs/response/write-log.ts';
import type { LogEvent, LogEvents } from '../../../../../lib/logs/types.ts';

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  if (server?.listening) await once(server, 'close');
});

const time = '2026-11-22T08:02:11.123456789Z';
const line = (at: number, text = `line ${at}`): LogEvent => ({
  type: 'line',
  step: 'build',
  line: at,
  time,
  text,
  cursor: `c.${at}`,
});
const end: LogEvent = { type: 'end', status: 'BUILD_SUCCESS', log: 'complete' };

type Case = {
  open: (signal: AbortSignal) => LogEvents;
  options?: Partial<WriteOptions>;
  format?: 'text' | 'sse' | 'ndjson';
};

/** Serves one response that is a log. `written` resolves with the error of writeLog, or with undefined. */
const serve = async ({ open, options, format = 'ndjson' }: Case) => {
  const written = Promise.withResolvers<unknown>();
  const respond = async (res: ServerResponse) => {
    const defaults = { selfCloseMs: 60_000, keepAliveMs: 60_000, signal: new AbortController().signal };
    await writeLog(res, open, encoders[format], { ...defaults, ...options }).then(written.resolve, (error: unknown) => {
      res.writeHead(418).end();
      written.resolve(error);
    });
  };
  server = createServer((_req, res) => void respond(res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const request = get({ port, host: '127.0.0.1' });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { request, response, written: written.promise };
};

const text = async (response: IncomingMessage): Promise<string> => {
  let all = '';
  for await (const part of response.setEncoding('utf8')) all += part;
  return all;
};

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test('writeLog sends events with headers that keep proxies from buffering them', async () => {
  const { response } = await serve({
    open: async function* () {
      yield [line(0), line(1)];
      yield [end];
    },
  });
  expect(response.headers).toMatchObject({
    'content-type': 'application/x-ndjson; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  expect(await text(response)).toBe(encoders.ndjson.encode([line(0), line(1), end]));
});

test('an error before the first byte is thrown, so that it becomes an ordinary error response', async () => {
  const error = new ApiError(400, 'cursor_invalid', 'No.');
  const { response, written } = await serve({
    // biome-ignore lint/correctness/useYield: this log fails before its first event
    open: async function* () {
      throw error;
    },
  });
  expect(response.statusCode).toBe(418);
  expect(await written).toBe(error);
});

test.each([
  [
    new ApiError(503, 'log_unavailable', 'Later.'),
    { line: '[builds] error: Later.', code: 'log_unavailable', cursor: 'c.0' },
  ],
  [new Error('inner detail'), { code: 'internal', cursor: 'c.0' }],
])('an error after the first byte is sent as a line, without inner details: %s', async (error, last) => {
  const reported: unknown[] = [];
  const { response } = await serve({
    format: 'text',
    options: { onError: (seen) => reported.push(seen) },
    open: async function* () {
      yield [line(0)];
      throw error;
    },
  });
  const lines = (await text(response))
    .trimEnd()
    .split('\n')
    .map((json) => JSON.parse(json));
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject(last);
  expect(JSON.stringify(lines)).not.toContain('inner');
  expect(reported).toEqual([error]);
});

test('an error that only concerns the client is sent, and not passed to onError', async () => {
  const reported: unknown[] = [];
  const { response } = await serve({
    options: { onError: (seen) => reported.push(seen) },
    open: async function* () {
      yield [line(0)];
      throw new ApiError(404, 'build_not_found', 'There is none.');
    },
  });
  expect(await text(response)).toContain('There is none.');
  expect(reported).toEqual([]);
});

test('a keep-alive of the text format adds no line', async () => {
  const gate = Promise.withResolvers<void>();
  const { response } = await serve({
    format: 'text',
    options: { keepAliveMs: 5 },
    open: async function* () {
      await gate.promise;
      yield [line(0)];
    },
  });
  const [first] = await once(response, 'data');
  expect(String(first).trim()).toBe('');
  gate.resolve();
  expect(JSON.parse(await text(response)).line).toContain('line 0');
});

test.each(['selfCloseMs has passed', 'the process is told to stop'])(
  'when %s, the response ends with a cursor and without an end event',
  async (why) => {
    const stop = new AbortController();
    let signal: AbortSignal | undefined;
    const { response, written } = await serve({
      options: why === 'selfCloseMs has passed' ? { selfCloseMs: 50 } : { signal: stop.signal },
      open: async function* (given) {
        signal = given;
        yield [line(0), line(1)];
        await untilAborted(given);
      },
    });
    const [first] = await once(response, 'data');
    stop.abort();
    const rest = await text(response);
    const last = (String(first) + rest)
      .trimEnd()
      .split('\n')
      .map((json) => JSON.parse(json))
      .at(-1);
    expect(last).toMatchObject({ type: 'note', cursor: 'c.1' });
    expect(await written).toBeUndefined();
    expect(signal?.aborted).toBe(true);
  },
);

test('writeLog stops reading when the client goes away', async () => {
  const ended = Promise.withResolvers<void>();
  const { request, response, written } = await serve({
    open: async function* (signal) {
      try {
        yield [line(0)];
        await untilAborted(signal);
      } finally {
        ended.resolve();
      }
    },
  });
  await once(response, 'data');
  request.destroy();
  await ended.promise;
  expect(await written).toBeUndefined();
});

test('writeLog stops reading while the client is slow', async () => {
  let made = 0;
  const big = 'x'.repeat(65_536);
  const { request, response, written } = await serve({
    open: async function* () {
      for (; made < 2000; made += 1) yield [line(made, big)];
    },
  });
  await once(response, 'readable');
  let before = -1;
  // The number of events stops growing when writeLog reads no more, because the buffers of the sockets are full.
  while (before !== made) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(made).toBeLessThan(1000);
  request.destroy();
  await written;
});
