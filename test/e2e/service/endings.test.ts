import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openService, podsOf, type Service, slow, type Tool, until } from './service.ts';

let service: Service;
let tool: Tool;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
});
afterAll(() => service.close());

const cancel = (id: string) => tool.client.call('PUT', tool.path(`/builds/${id}/cancel`));

test('a cancelled build keeps its log', async () => {
  const id = await tool.start(await service.repository('slow', slow(120)));
  for await (const { line } of tool.log(id)) if (line.endsWith('second 2')) break;
  expect((await cancel(id)).status).toBe(200);
  const build = await tool.finished(id);
  expect(build).toMatchObject({ status: 'BUILD_CANCELLED', message: 'The build was cancelled.' });
  const lines: string[] = [];
  for await (const { line } of tool.log(id)) lines.push(line);
  expect(lines.join('\n')).toMatch(/second 1\n.*second 2/);
  expect((await cancel(id)).status).toBe(409);
});

test('a build that is cancelled before its steps begin leaves no pod', async () => {
  const id = await tool.start(await service.repository('unbegun', slow(120)));
  await until('the build has a pod', async () => (await podsOf(service, id)) !== '');
  expect((await cancel(id)).status).toBe(200);
  expect(await tool.finished(id)).toMatchObject({ status: 'BUILD_CANCELLED' });
  await until('its pod is gone', async () => (await podsOf(service, id)) === '');
});

test('the message of a failed build names the step and has its last lines', async () => {
  const files = { 'package.json': JSON.stringify({ name: 'a', scripts: { build: 'echo no such planet; exit 3' } }) };
  const build = await tool.finished(await tool.start(await service.repository('failing', files)));
  expect(build.status).toBe('BUILD_FAILURE');
  expect(build.message).toMatch(/^Step build failed with exit code 51: a buildpack failed\.\n[\s\S]*no such planet/);
});

test('the message of a build that no buildpack recognises says so', async () => {
  const build = await tool.finished(await tool.start(await service.repository('unknown', { 'a.txt': 'a' })));
  expect(build).toMatchObject({ status: 'BUILD_FAILURE' });
  expect(build.message).toMatch(/^Step detect failed with exit code 20: no buildpack recognises this repository/);
});

test('the message of a build whose step ran out of memory says so', async () => {
  const program = 'const all = []; for (;;) all.push(Buffer.alloc(64 << 20, 1));';
  const files = { 'package.json': JSON.stringify({ name: 'a', scripts: { build: `node -e "${program}"` } }) };
  const build = await tool.finished(await tool.start(await service.repository('greedy', files)));
  expect(build.status).toBe('BUILD_FAILURE');
  expect(build.message).toMatch(/^Step build failed with exit code [0-9]+: it ran out of memory\./);
});

test('start refuses a missing ref, a missing repository and a private address', async () => {
  const url = await service.repository('refs', { 'a.txt': 'a' });
  const refusalOf = async (body: object) => (await tool.client.call('POST', tool.path('/builds'), { body })).json.code;
  expect(await refusalOf({ source_url: url, ref: 'nothing' })).toBe('ref_not_found');
  expect(await refusalOf({ source_url: url.replace('refs.git', 'none.git') })).toBe('source_not_found');
  expect(await refusalOf({ source_url: 'http://169.254.169.254/latest' })).toBe('source_forbidden');
});

test('builds over the limit wait in the queue, and start refuses a build over the queue', async () => {
  const url = await service.repository('slow', slow(60));
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await tool.start(url));
  const more = await tool.client.call('POST', tool.path('/builds'), { body: { source_url: url } });
  expect(more).toMatchObject({ status: 409, json: { code: 'quota_exceeded' } });
  expect(Number(more.headers['retry-after'])).toBeGreaterThan(0);

  const runs = async () =>
    (await service.kubectl(['get', 'pipelineruns', '-l', `user=${tool.name}`, '-o', 'name'])).trim().split('\n');
  const columns = await service.kubectl(['get', 'buildledger', tool.name, '--no-headers']);
  expect(columns.split(/ +/).slice(1, 5)).toEqual([tool.name, '2', '2', '3']);
  await cancel(ids[2] ?? '');
  await cancel(ids[0] ?? '');
  await until('the next one runs', async () => (await tool.get(ids[3] ?? '')).start_time !== '');
  expect((await tool.get(ids[4] ?? '')).start_time).toBe('');
  expect(await runs()).not.toContain(`pipelinerun.tekton.dev/${ids[4]}`);
  for (const id of [ids[4], ids[3], ids[1]]) await cancel(id ?? '');
  for (const id of ids) expect((await tool.finished(id)).status).toBe('BUILD_CANCELLED');
});

test('twenty starts with the same Idempotency-Key make one build', async () => {
  const url = await service.repository('slow', slow(1));
  const start = () =>
    tool.client.call('POST', tool.path('/builds'), {
      body: { source_url: url },
      headers: { 'idempotency-key': `key-${tool.name}` },
    });
  const responses = await Promise.all(Array.from({ length: 20 }, start));
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
  expect(new Set(responses.map(({ json }) => (json.new_build as { name: string }).name)).size).toBe(1);
});
