import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { createTransport } from '../../../../lib/kube/transport.ts';
import { connectionTo } from '../../../support/kubernetes/client.ts';
import { bodyOf, invalidRuns, policyFailures } from '../../../support/kubernetes/refusals.ts';
import { startServer } from '../../../support/server.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Returns a transport to a server with the given listener, and the delays between attempts in milliseconds. */
const against = async (listener: (req: IncomingMessage, res: ServerResponse) => void, attempts = 6) => {
  const server = await startServer(listener);
  const delays: number[] = [];
  const sleep = async (ms: number) => delays.push(ms);
  const transport = createTransport({ connection: connectionTo(server.url), timeoutMs: 5000, attempts, sleep });
  cleanups.push(() => server.close(), transport.close);
  return { transport, delays };
};

const request = { method: 'GET', path: '/version' };

test('the delay between attempts doubles from 100 ms to 1 s, and half of it is left to chance', async () => {
  const { transport, delays } = await against((_, res) => res.writeHead(503).end('{}'));
  await expect(transport.json(request)).rejects.toMatchObject({ status: 503, code: 'unavailable', retryAfter: 5 });
  expect(delays).toHaveLength(5);
  for (const [at, full] of [100, 200, 400, 800, 1000].entries()) {
    expect(delays[at]).toBeGreaterThanOrEqual(full / 2);
    expect(delays[at]).toBeLessThanOrEqual(full);
  }
});

test.each([
  ['1', 500, 1000],
  ['3600', 1000, 2000],
  ['0', 50, 100],
  ['soon', 50, 100],
])('after a response with Retry-After %s the delay is from %i to %i ms', async (header, least, most) => {
  const { transport, delays } = await against((_, res) => res.writeHead(429, { 'retry-after': header }).end('{}'), 2);
  await expect(transport.stream(request)).rejects.toMatchObject({ code: 'unavailable' });
  expect(delays).toHaveLength(1);
  expect(delays[0]).toBeGreaterThanOrEqual(least);
  expect(delays[0]).toBeLessThanOrEqual(most);
});

test('the error after all attempts has the last refusal as its cause', async () => {
  const body = JSON.stringify({ reason: 'TooManyRequests', message: 'wait' });
  const { transport } = await against((_, res) => res.writeHead(429).end(body), 1);
  const error = await transport.json(request).catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: 'unavailable',
    cause: { name: 'ApiServerAway', cause: { name: 'KubeError', status: 429, reason: 'TooManyRequests' } },
  });
});

test.each(policyFailures.map((refusal) => [refusal.message, refusal] as const))(
  'a request that a failing policy refuses is sent again, and ends as 503: %s',
  async (_, refusal) => {
    const { transport, delays } = await against((_, res) => res.writeHead(refusal.code).end(bodyOf(refusal)), 3);
    await expect(transport.json(request)).rejects.toMatchObject({ status: 503, code: 'unavailable', retryAfter: 5 });
    expect(delays).toHaveLength(2);
  },
);

test.each(invalidRuns.map((refusal) => [refusal.message, refusal] as const))(
  'a request with an invalid object is sent once: %s',
  async (_, refusal) => {
    const { transport, delays } = await against((_, res) => res.writeHead(refusal.code).end(bodyOf(refusal)));
    const causes = refusal.details?.causes ?? [];
    await expect(transport.json(request)).rejects.toMatchObject({ name: 'KubeError', status: refusal.code, causes });
    expect(delays).toEqual([]);
  },
);

test.each([
  ...['1', '"x"', '[]', 'null', '{}', '{"items":[]}', '{"metadata":{}}', '{"metadata":null,"items":[]}'],
  ...['{"metadata":[],"items":[]}', '{"metadata":{},"items":{"a":{"metadata":{"name":"a"}}}}'],
  '{"metadata":{},"items":"x"}',
])('a response that is no list counts as cut off, and no item of it is visited: %s', async (body) => {
  const { transport, delays } = await against((_, res) => res.end(body), 3);
  const items: unknown[] = [];
  const reading = transport.items(request, (item) => void items.push(item));
  await expect(reading).rejects.toMatchObject({ status: 503, code: 'unavailable' });
  expect([items, delays.length]).toEqual([[], 2]);
});

test('a list whose items are null has no items', async () => {
  const { transport } = await against((_, res) => res.end('{"items":null,"metadata":{"resourceVersion":"7"}}'), 1);
  const items: unknown[] = [];
  expect(await transport.items(request, (item) => void items.push(item))).toEqual({ resourceVersion: '7' });
  expect(items).toEqual([]);
});
