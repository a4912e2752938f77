import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { useFakeApi } from './fake-api.ts';
import { type Handler, json, noMessages, responses, serve } from './support.ts';

const { run, against, requests } = useFakeApi();

test.each([
  [400, 'parameter_invalid', 2],
  [401, 'unauthenticated', 4],
  [403, 'forbidden', 4],
  [404, 'build_not_found', 3],
  [409, 'build_finished', 5],
  [413, 'body_too_large', 2],
  [422, 'idempotency_key_reused', 5],
  [500, 'internal', 6],
])(
  'a response with HTTP status %i (%s) prints the sentences of the API and ends with exit code %i',
  async (status, code, exitCode) => {
    const env = await against((_, response) =>
      json(response, status, { error: ['What is wrong.', 'What to do.'], code }),
    );
    const finished = await run(['show', 'demo-1'], env);
    expect(finished).toMatchObject({ code: exitCode, stdout: '' });
    expect(finished.stderr).toContain('Error: What is wrong.\nError: What to do.\n');
  },
);

test.each([
  ['not JSON', (response: Parameters<Handler>[1]) => response.end('<html>')],
  ['JSON of another shape', (response: Parameters<Handler>[1]) => json(response, 200, { build: null })],
  ['no body', (response: Parameters<Handler>[1]) => response.end()],
])(
  'a response of 200 with %s ends with exit code 6 and says that the response is not of the API',
  async (_, respond) => {
    const env = await against((__, response) => void respond(response));
    const { code, stderr } = await run(['show'], env);
    expect(code).toBe(6);
    expect(stderr).toContain('sent a response that is not of the builds API');
  },
);

test("a 404 without the API's sentences does not count as a missing build", async () => {
  const env = await against((_, response) => void response.writeHead(404).end('<html>nginx</html>'));
  expect(await run(['show', 'demo-1'], env)).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('HTTP status 404'),
  });
});

test.each([
  [409, 'quota_exceeded'],
  [429, 'rate_limited'],
])('start repeats a request after %i %s with the same Idempotency-Key', async (status, code) => {
  const env = await against((_, response) => {
    if (requests().length === 1)
      json(response, status, { error: ['The queue is full.'], code }, { 'retry-after': '1' });
    else json(response, 200, responses.started);
  });
  const { code: exitCode, stderr } = await run(['start', 'https://example.org/repo.git', '-D'], env);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/Warning: The queue is full\. Trying again in \d s \(2 of 5\)\./);
  const keys = requests().map(({ headers }) => headers['idempotency-key']);
  expect(keys).toHaveLength(2);
  expect(new Set(keys).size).toBe(1);
});

test('start does not repeat a request when Retry-After is longer than a minute', async () => {
  const full = { error: ['The queue is full.'], code: 'quota_exceeded' };
  const env = await against((_, response) => json(response, 409, full, { 'retry-after': '3600' }));
  const { code, stderr } = await run(['start', 'https://example.org/repo.git', '-D'], env);
  expect(code).toBe(5);
  expect(stderr).toBe('Error: The queue is full.\nTry again in 3600 s.\n');
});

test('cancel does not repeat a request after 409 without Retry-After, which waiting does not change', async () => {
  const finished = { error: ['The build has already finished.'], code: 'build_finished' };
  const env = await against((_, response) => json(response, 409, finished));
  const { code, stderr } = await run(['cancel', '-y', 'demo-1'], env);
  expect(code).toBe(5);
  expect(stderr).toBe('Error: demo-1: The build has already finished.\n');
  expect(requests()).toHaveLength(1);
});

test('a command gives up after five responses of 503, and warns of the same response once', async () => {
  const env = await against((_, response) =>
    json(response, 503, { error: ['The registry is down.'], code: 'registry_unavailable' }, { 'retry-after': '0' }),
  );
  const { code, stderr } = await run(['quota'], env);
  expect(code).toBe(6);
  expect(requests()).toHaveLength(5);
  expect(stderr.split('\n')).toEqual([
    'Warning: The registry is down. Trying again in 1 s (2 of 5).',
    'Error: The registry is down.',
    'Try again in a few minutes.',
    '',
  ]);
});

test('start repeats a request after a broken connection with the same Idempotency-Key', async () => {
  const env = await against((_, response, raw) => {
    if (requests().length === 1) raw.socket.destroy();
    else json(response, 200, responses.started);
  });
  const { code } = await run(['start', 'https://example.org/repo.git', '-D'], env);
  expect(code).toBe(0);
  expect(new Set(requests().map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
});

test('clean does not repeat a request whose response is lost', async () => {
  const env = await against((_, __, raw) => void raw.socket.destroy());
  expect((await run(['clean', '-y'], env)).code).toBe(6);
  expect(requests()).toHaveLength(1);
});

test('delete succeeds when the response is lost and the second request finds no build', async () => {
  const env = await against((_, response, raw) => {
    if (requests().length === 1) raw.socket.destroy();
    else json(response, 404, { error: ['gone'], code: 'build_not_found' });
  });
  expect(await run(['delete', 'demo-1', '-y'], env)).toMatchObject({ code: 0, stdout: 'Deleted 1 build\n' });
});

test('a command says that nothing answers at the address of a closed port', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
  await new Promise((resolve) => closed.close(resolve));
  const { code, stderr } = await run(['list'], { TOOL_TOOLFORGE_API_URL: url });
  expect(code).toBe(6);
  expect(stderr).toContain(`Error: Nothing answers at ${url}.\nCheck the address`);
});

test('a command follows a redirect within the server and refuses one to another server', async () => {
  const other = await serve((_, response) => json(response, 200, { messages: noMessages, builds: [] }));
  const env = await against(({ path }, response) => {
    if (path.endsWith('/quotas')) response.writeHead(307, { location: `${other.url}/` }).end();
    else if (path.startsWith('/moved')) json(response, 200, { messages: noMessages, builds: [] });
    else response.writeHead(307, { location: `/moved${path}` }).end();
  });
  expect(await run(['list'], env)).toMatchObject({ code: 0 });
  expect(await run(['quota'], env)).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('which is another server'),
  });
  expect(other.requests).toEqual([]);
  await other.close();
});

test('a command ignores the proxies in the environment', async () => {
  const env = await against((_, response) => json(response, 200, { messages: noMessages, builds: [] }));
  const proxy = 'http://127.0.0.1:9';
  const proxied = { ...env, http_proxy: proxy, HTTP_PROXY: proxy, https_proxy: proxy, NODE_USE_ENV_PROXY: '' };
  expect((await run(['list'], proxied)).code).toBe(0);
});
