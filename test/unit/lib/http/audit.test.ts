import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createAuthenticate } from '../../../../lib/auth/authenticate.ts';
import { createGatewayCheck } from '../../../../lib/auth/gateway.ts';
import { withRateLimit } from '../../../../lib/auth/rate-limit.ts';
import { ApiError } from '../../../../lib/errors.ts';
import { createApp } from '../../../../lib/http/app.ts';
import type { Handler } from '../../../../lib/http/types.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { startServer, type TestServer } from '../../../support/server.ts';

const mine = { 'x-toolforge-tool': 'mine', 'x-toolforge-gateway-secret': 's3cret' };
const gateway = createAuthenticate([createGatewayCheck(fixedSecret('s3cret'))]);
const echo: Handler = async ({ params }) => ({ json: { params } });
const handlers: Record<string, Handler> = {
  start: async () => ({ json: { new_build: { name: 'made' } }, audit: { build: 'made' } }),
  get: echo,
  cancel: async ({ signal }) => {
    await handling?.(signal);
    return { json: {} };
  },
  delete: async () => {
    throw new ApiError(503, 'unavailable', 'Later.', { retryAfter: 2.3 });
  },
};

const logged: unknown[][] = [];
/** cancel-build waits for this function before it responds. */
let handling: ((signal: AbortSignal) => Promise<unknown>) | undefined;
let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  logged.length = 0;
  handling = undefined;
});

const startApp = async (authenticate = gateway): Promise<void> => {
  server = await startServer(createApp({ handlers, authenticate, log: (...line) => void logged.push(line) }));
};
const send = (method: string, path: string, init: RequestInit = {}) =>
  fetch(`${server?.url}${path}`, { method, headers: mine, ...init });
const audited = () => logged.flatMap(([, message, fields]) => (message === 'audit' ? [fields] : []));

describe('the audit log of createApp', () => {
  test('has a line for every change with caller, credential, tool, build and result', async () => {
    await startApp();
    await send('PUT', '/v1/tool/mine/builds/one/cancel');
    await send('DELETE', '/v1/tool/mine/builds/two');
    const caller = { subject: 'certificate:mine', proof: 'gateway', tool: 'mine' };
    expect(audited()).toEqual([
      { operation: 'cancel', build: 'one', status: 200, ...caller },
      { operation: 'delete', build: 'two', status: 503, code: 'unavailable', ...caller },
    ]);
  });

  test('has a line for a refused change, and none for a read', async () => {
    await startApp();
    await send('PUT', '/v1/tool/other/builds/one/cancel');
    await send('GET', '/v1/tool/mine/builds/one');
    const caller = { subject: 'certificate:mine', proof: 'gateway', tool: 'other' };
    expect(audited()).toEqual([{ operation: 'cancel', build: 'one', status: 403, code: 'forbidden', ...caller }]);
  });

  test('says that the client went away when a change stops for that reason', async () => {
    await startApp();
    const handled = Promise.withResolvers<AbortSignal>();
    const leaving = new AbortController();
    handling = (signal) => {
      handled.resolve(signal);
      return once(signal, 'abort').then(() => signal.throwIfAborted());
    };
    const sent = send('PUT', '/v1/tool/mine/builds/one/cancel', { signal: leaving.signal }).catch(() => 'left');
    const gone = once(await handled.promise, 'abort');
    leaving.abort();
    expect(await sent).toBe('left');
    await gone;
    await setImmediate();
    expect(logged).toMatchObject([['INFO', 'audit', { build: 'one', status: 499, code: 'client_gone' }]]);
  });

  test('names the build that was started, and contains no secret', async () => {
    await startApp();
    const headers = { ...mine, 'content-type': 'application/json' };
    await send('POST', '/v1/tool/mine/builds', { body: '{}', headers });
    expect(audited()).toMatchObject([{ operation: 'start', build: 'made', status: 200 }]);
    expect(JSON.stringify(logged)).not.toContain('s3cret');
  });
});

test('createApp responds to too many requests with 429 and Retry-After', async () => {
  const log = () => undefined;
  await startApp(withRateLimit(gateway, { rateReads: 1, rateChanges: 1, failureDelayMs: 0, log, now: () => 0 }));
  expect((await send('GET', '/v1/tool/mine/builds/one')).status).toBe(200);
  const limited = await send('GET', '/v1/tool/mine/builds/one');
  expect({ status: limited.status, after: limited.headers.get('retry-after') }).toEqual({ status: 429, after: '60' });
  expect(await limited.json()).toMatchObject({ code: 'rate_limited' });
});
