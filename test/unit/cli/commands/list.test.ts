import { expect, test } from '@jest/globals';
import { useRecordedApi } from '../fake-api.ts';
import { json, noMessages, responses, serve } from '../support.ts';

const api = useRecordedApi();

test('list prints an aligned table with every value whole, without colours in a pipe', async () => {
  const { stdout, code } = await api.run(['list']);
  const lines = stdout.split('\n');
  expect(code).toBe(0);
  expect(lines[0]).toMatch(/^ID {6}STATUS {6}STARTED {15}DURATION +REF +COMMIT +IMAGE +SOURCE$/);
  expect(lines[1]).toMatch(/^demo-6 {2}pending #2 {2}- {21}- +main +\w{40} +- +https:\/\/example\.org\/repo\.git$/);
  expect(lines[3]).toMatch(/^demo-4 {2}ok {10}2026-11-22T08:00:00Z {2}5 min 30 s +main /);
  expect(lines[3]).toContain(responses.builds[2]?.destination_image);
  expect(stdout).not.toContain('\u001b');
});

test('list shows an image only for a build that succeeded', async () => {
  const { stdout } = await api.run(['list']);
  const withImage = stdout.split('\n').filter((line) => line.includes('registry.example.org'));
  expect(withImage.map((line) => line.split(/ +/).slice(0, 2))).toEqual([['demo-4', 'ok']]);
});

test('list with FORCE_COLOR prints colours and keeps the columns aligned', async () => {
  const { stdout } = await api.run(['list', '--status', 'ok,error'], { FORCE_COLOR: '1' });
  expect(stdout).toContain('\u001b[32mok\u001b[0m');
  const plain = await api.run(['list', '--status', 'ok,error'], { FORCE_COLOR: '0' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test removes colour sequences
  expect(stdout.replace(/\u001b\[\d+m/g, '')).toBe(plain.stdout);
});

test.each([
  [
    ['--limit', '2'],
    ['demo-6', 'demo-5'],
  ],
  [
    ['--status', 'ok,error'],
    ['demo-4', 'demo-3'],
  ],
  [['--status', 'ok,error', '--limit', '1'], ['demo-4']],
])('list %j prints only these builds, also with --json', async (options, ids) => {
  const { stdout } = await api.run(['list', ...options]);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(' ')[0]),
  ).toEqual(ids);
  const asJson = await api.run(['list', ...options, '--json']);
  expect(JSON.parse(asJson.stdout).builds.map(({ build_id }: { build_id: string }) => build_id)).toEqual(ids);
});

test.each([
  [['--limit', '0'], '--limit takes a whole number from 1, not "0".'],
  [['--limit', 'all'], '--limit takes a whole number from 1, not "all".'],
  [['--status', 'failed'], '--status takes ok, error, timeout, cancelled, running, pending, unknown, not "failed".'],
  [['--status', ''], '--status takes ok, error, timeout, cancelled, running, pending, unknown, not "".'],
  [['--watch'], '--watch needs a terminal'],
  [['--watch', '--json'], '--watch needs a terminal'],
])('list %j is refused with a sentence, before any request', async (options, sentence) => {
  const finished = await api.requestsOf(['list', ...options]);
  expect(finished).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(sentence), requests: [] });
});

test('list without builds says so, and prints an empty list as JSON', async () => {
  const empty = await serve((_, response) => json(response, 200, { messages: noMessages, builds: [] }));
  const emptyApi = { TOOL_TOOLFORGE_API_URL: empty.url };
  expect(await api.run(['list'], emptyApi)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('No builds found'),
  });
  const asJson = await api.run(['list', '--json'], emptyApi);
  expect(JSON.parse(asJson.stdout)).toEqual({ messages: noMessages, builds: [] });
  await empty.close();
});

test('list says on standard error that no build has the status, so that a pipe gets nothing', async () => {
  const finished = await api.run(['list', '--status', 'running', '--limit', '1']);
  expect(finished.stdout).toContain('demo-5');
  const none = await serve((_, response) =>
    json(response, 200, { messages: noMessages, builds: responses.builds.slice(2, 3) }),
  );
  expect(await api.run(['list', '--status', 'running'], { TOOL_TOOLFORGE_API_URL: none.url })).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No builds found with that status.\n',
  });
  await none.close();
});
