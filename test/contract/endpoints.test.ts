import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Build } from '../../openapi/generated/types.ts';
import {
  type Caller,
  eventually,
  expectCleanLog,
  expectRefusal,
  expectShape,
  expectStatus,
  forTool,
  send,
} from './client.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let mine: Caller;
let source_url: string;

beforeAll(async () => {
  target = await startTarget();
  mine = await forTool(target, 'endpoints');
  source_url = await target.repository('endpoints', { Procfile: 'web: python3 -m http.server $PORT\n' });
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

test('a tool without builds has an empty list, no latest build, a quota and nothing to clean up', async () => {
  const { json } = await mine.call('/builds');
  expectShape(json, 'ListResponse');
  expect(json.builds).toEqual([]);
  expectRefusal(await mine.call('/builds/latest'), 404, 'builds_none');
  expectShape((await mine.call('/quotas')).json, 'QuotaResponse');
  const cleaned = await mine.call('/clean', { method: 'POST' });
  expectShape(cleaned.json, 'CleanResponse');
  expect(cleaned.text).toContain('Nothing to clean up');
});

test('a build is started, succeeds, is shown by all endpoints and is deleted as the contract says', async () => {
  const envvars = {
    GREETING: 'hello world',
    EMPTY: '',
    __proto__x: '1',
    ODD: '$(params.SOURCE_URL) $HOME "\' \\ \n ü',
  };
  const given = { source_url, ref: 'main', image_name: 'web', envvars, use_latest_versions: true };
  const started = await mine.start(given);
  expect(started.parameters).toEqual({ ...given, use_deprecated_versions: false });
  expect(started.resolved_ref).toMatch(/^[0-9a-f]{40}$/);

  const build = await mine.archived(started.name);
  expectShape(build, 'Build');
  const one = await mine.call(`/builds/${started.name}`);
  expectShape(one.json, 'GetResponse');
  expect(build).toMatchObject({ build_id: started.name, status: 'BUILD_SUCCESS', parameters: given, log: 'complete' });
  expect(build.destination_image).toMatch(/\/tool-endpoints\/web:latest@sha256:[0-9a-f]{64}$/);
  expect(Date.parse(build.end_time)).toBeGreaterThanOrEqual(Date.parse(build.start_time));

  const list = await mine.call('/builds');
  expectShape(list.json, 'ListResponse');
  const latest = await mine.call('/builds/latest');
  expectShape(latest.json, 'LatestResponse');
  expect((latest.json.build as Build).build_id).toBe(started.name);

  const quota = await mine.call('/quotas');
  expectShape(quota.json, 'QuotaResponse');
  const cleaned = await mine.call('/clean', { method: 'POST' });
  expectShape(cleaned.json, 'CleanResponse');
  // On a cluster, the operation clean deletes two images: the built image, and the cache, which the buildpacks'
  // lifecycle stores as an image in the same repository.
  const artifacts = onCluster ? 2 : 1;
  expect(cleaned.text).toContain(`Deleted ${artifacts} artifacts from harbor repository tool-endpoints/web`);

  const cancelled = await mine.cancel(started.name);
  expectRefusal(cancelled, 409, 'build_finished');
  const deleted = await mine.remove(started.name);
  expectShape(deleted.json, 'DeleteResponse');
  expect(deleted.json.id).toBe(started.name);
  expectRefusal(await mine.remove(started.name), 404, 'build_not_found');
});

test('the newest build is first in the list, and is the latest build', async () => {
  const ids: string[] = [];
  for (const ref of ['', 'refs/heads/main']) ids.unshift((await mine.start({ source_url, ref })).name);
  expect((await mine.list()).slice(0, 2).map(({ build_id }) => build_id)).toEqual(ids);
  expect(((await mine.call('/builds/latest')).json.build as Build).build_id).toBe(ids[0]);
  await Promise.all(ids.map(mine.remove));
});

describe('get-logs', () => {
  let path: string;

  beforeAll(async () => {
    const { name } = await mine.start({ source_url });
    path = `/builds/${name}/logs`;
    await mine.finished(name);
  }, buildTimeoutMs);

  test.each([
    ['text/plain', '', /^text\/plain; ?charset=utf-8$/],
    ['text/event-stream', '', /^text\/event-stream/],
    ['application/x-ndjson', '', /^application\/x-ndjson/],
    ['*/*', '', /^text\/plain; ?charset=utf-8$/],
    ['text/event-stream', '&format=text', /^text\/plain; ?charset=utf-8$/],
  ])('sends the log for Accept: %s and the query "%s" in the right format', async (accept, query, type) => {
    for (const follow of ['True', 'False']) {
      const response = await mine.call(`${path}?follow=${follow}${query}`, { headers: { accept } });
      const { headers, text } = expectStatus(response, 200);
      expect(headers.get('content-type')).toMatch(type);
      expect(text).toMatch(/step-clone|"clone"/);
    }
  });

  test('has in every format only the objects that the contract describes', async () => {
    for (const query of ['', '&grep=.', '&follow=true']) {
      const logOf = async (format: string) =>
        expectStatus(await mine.call(`${path}?format=${format}${query}`), 200).text;
      const records = (await logOf('ndjson'))
        .split('\n')
        .filter(Boolean)
        .map((record) => JSON.parse(record));
      expect(records.map(({ type }) => type)).toEqual(expect.arrayContaining(['line', 'end']));
      for (const record of records) expectShape(record, 'LogRecord');
      for (const line of (await logOf('text')).split('\n').filter(Boolean)) expectShape(JSON.parse(line), 'BuildLog');
      for (const [, event = '', data = ''] of (await logOf('sse')).matchAll(/^event: (\w+)\ndata: (.*)$/gm))
        expectShape(JSON.parse(data), `Log${event.charAt(0).toUpperCase()}${event.slice(1)}Data`);
    }
  });

  test('begins at a time or a duration ago, also when the plus sign of an offset arrives as a blank', async () => {
    const hour = 3_600_000;
    const inZone = (ms: number) => new Date(Date.now() + ms + hour).toISOString().replace('Z', '+01:00');
    const linesSince = async (since: string): Promise<number> => {
      const { text } = expectStatus(await mine.call(`${path}?format=ndjson&since=${since}`), 200);
      return text.split('\n').filter((line) => line.includes('"type":"line"')).length;
    };
    const all = await linesSince('1h');
    expect(all).toBeGreaterThan(3);
    expect([await linesSince(inZone(-hour)), await linesSince(encodeURIComponent(inZone(-hour)))]).toEqual([all, all]);
    expect([await linesSince('0s'), await linesSince(inZone(hour))]).toEqual([0, 0]);
    expectRefusal(await mine.call(`${path}?since=soon`), 400, 'parameter_invalid');
  });

  test(
    "says at the end of a running build's log in every format that the log goes on",
    async () => {
      const slow = await target.repository('slow', {
        'package.json': '{"scripts":{"build":"echo begun && sleep 120","start":"true"}}',
      });
      const { name } = await mine.start({ source_url: slow });
      const logOf = async (format: string) => (await mine.call(`/builds/${name}/logs?format=${format}`)).text;
      await eventually(async () => (await logOf('ndjson')).includes('begun'));
      const last = { text: '\n', ndjson: '\n', sse: '\n\n' };
      for (const [format, end] of Object.entries(last)) {
        const record = (await logOf(format)).split(end).filter(Boolean).at(-1);
        expect(record).toMatch(/"status":"BUILD_RUNNING",.*"log":"live"/);
      }
      expect(await logOf('text')).toMatch(/this is all there is so far \(BUILD_RUNNING\), but the log goes on/);
      await mine.remove(name);
    },
    buildTimeoutMs,
  );

  test('refuses an Accept header without any format it has', async () => {
    expectRefusal(await mine.call(path, { headers: { accept: 'image/png' } }), 406, 'not_acceptable');
  });
});

test('healthz, metrics and openapi.json need no credential', async () => {
  const { json: health } = expectStatus(await send(`${target.url}/v1/healthz`), 200);
  expectShape(health, 'HealthResponse');
  expect(health.status).toBe('OK');
  expect(expectStatus(await send(`${target.url}/openapi.json`), 200).json.openapi).toMatch(/^3\.1/);
  for (const path of ['v1/healthz', 'v1/metrics', 'openapi.json'])
    expectStatus(await send(`${target.url}/builds/${path}`), 200);
});
