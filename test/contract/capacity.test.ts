import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Caller, eventually, expectCleanLog, expectRefusal, expectStatus, forTool, send } from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
let source_url: string;

beforeAll(async () => {
  target = await startTarget({ CAPACITY: '2' });
  source_url = await target.repository('slow', {
    'package.json': JSON.stringify({ scripts: { build: 'sleep 120', start: 'node x' } }),
  });
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

const tokenOf = (claims: object) => target.token({ sub: 'monitoring', aud: 'metrics', ...claims });
const metrics = async (token: string) => send(`${target.url}/v1/metrics`, { token });
const read = async (name: string): Promise<number> => {
  const { text } = expectStatus(await metrics(await tokenOf({})), 200);
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
};

test('metrics need no credential, and name tools only to the subjects in METRICS_SUBJECTS', async () => {
  const busy = await forTool(target, 'busy-tool');
  const { name } = await busy.start({ source_url });
  const open = expectStatus(await send(`${target.url}/v1/metrics`), 200);
  const full = expectStatus(await metrics(await tokenOf({})), 200);
  for (const { headers, text } of [open, full]) {
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toMatch(/^toolforge_builds_running \d+$/m);
  }
  expect(full.text).toContain('toolforge_builds_tool_running{tool="busy-tool"} 1');
  expect(open.text).not.toContain('busy-tool');
  const unnamed = full.text.split('\n').filter((line) => !line.includes('toolforge_builds_tool_'));
  expect(open.text.split('\n')).toHaveLength(unnamed.length);
  await busy.remove(name);
});

test('metrics refuse a token that may not read the metrics of single tools', async () => {
  expectRefusal(await metrics(await target.tokenFor('mine')), 401, 'token_invalid');
  expectRefusal(await metrics('a.b.c'), 401, 'token_invalid');
  expectRefusal(await metrics(await tokenOf({ aud: 'builds-api' })), 401, 'token_invalid');
  expectRefusal(await metrics(await tokenOf({ sub: 'somebody' })), 403, 'forbidden');
  const password = { authorization: 'Basic YTpi' };
  expectRefusal(await send(`${target.url}/v1/metrics`, { headers: password }), 401, 'token_invalid');
});

const runningOf = async (caller: Caller): Promise<string[]> =>
  (await caller.list()).filter(({ queue_position }) => !queue_position).map(({ build_id }) => build_id);

test(
  'a free slot goes to the tool without a slot before it goes to a tool that has one',
  async () => {
    const [greedy, modest] = [await forTool(target, 'greedy'), await forTool(target, 'modest')];
    const first = await greedy.start({ source_url });
    await greedy.start({ source_url });
    const third = await greedy.start({ source_url });
    expect(third.queue_position).toBe(1);
    const late = await modest.start({ source_url });
    expect(late.queue_position).toBe(1);
    expect((await modest.get(late.name)).message).toMatch(/^Waits at position 1 of 1 .* All slots are taken/);
    expect([await read('toolforge_builds_slots_taken'), await read('toolforge_builds_queued')]).toEqual([2, 2]);

    await greedy.cancel(first.name);
    await greedy.finished(first.name);
    // A build's log ends before the slot of the build is free, so the test waits until the queued build runs.
    await eventually(async () => (await runningOf(modest)).length > 0);
    expect(await runningOf(modest)).toEqual([late.name]);
    expect((await greedy.get(third.name)).queue_position).toBe(1);
    for (const caller of [greedy, modest])
      for (const { build_id } of await caller.list()) await caller.remove(build_id);
    await eventually(async () => (await read('toolforge_builds_slots_taken')) === 0);
  },
  buildTimeoutMs,
);
