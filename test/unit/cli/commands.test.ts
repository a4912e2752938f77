import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type Cli,
  contract,
  createCli,
  json,
  noMessages,
  recorded,
  responses,
  serve,
  type TestServer,
} from './support.ts';

let cli: Cli;
let server: TestServer;
let env: Record<string, string>;

beforeAll(async () => {
  cli = createCli();
  server = await serve(contract);
  env = { TOOL_TOOLFORGE_API_URL: server.url };
});

afterAll(async () => {
  cli.close();
  await server.close();
});

const requestsOf = async (args: string[]) => {
  server.requests.length = 0;
  const finished = await cli.run(args, env);
  return { ...finished, requests: server.requests.map(({ method, path }) => `${method} ${path}`) };
};

test.each([
  ['list.stdout', ['list', '--json']],
  ['show-failed.stdout', ['show', 'demo-3', '--json']],
  ['show-running.stdout', ['show', 'demo-5', '--json']],
  ['quota.stdout', ['quota', '--json']],
  ['clean.stdout', ['clean', '-y', '--json']],
  ['start-detached.stdout', ['start', 'https://example.org/repo.git', '-D', '--json']],
])('the JSON in %s is byte for byte what the Python client prints', async (file, args) => {
  expect(await cli.run(args, env)).toEqual({ code: 0, stdout: recorded(file), stderr: '' });
});

test('list prints an aligned table, without colours in a pipe', async () => {
  const { stdout, code } = await cli.run(['list'], env);
  const lines = stdout.split('\n');
  expect(code).toBe(0);
  expect(lines[0]).toMatch(/^ID {6}STATUS {17}STARTED {15}SOURCE +IMAGE$/);
  expect(lines[1]).toMatch(/^demo-6 {2}pending \(#2 in queue\) {2}- {21}https:\/\/example\.org\/repo\.git@main +-$/);
  expect(lines[3]).toContain('demo-4  ok                     2026-11-22T08:00:00Z  https://example.org/repo.git@main');
  expect(lines[3]).toContain(responses.builds[2]?.destination_image);
  expect(stdout).not.toContain('\u001b');
});

test('list with FORCE_COLOR prints colours and keeps the columns aligned', async () => {
  const { stdout } = await cli.run(['list'], { ...env, FORCE_COLOR: '1' });
  expect(stdout).toContain('\u001b[32mok\u001b[0m');
  const plain = await cli.run(['list'], { ...env, FORCE_COLOR: '0' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the test removes colour sequences
  expect(stdout.replace(/\u001b\[\d+m/g, '')).toBe(plain.stdout);
});

test('list without builds says so, and prints an empty list as JSON', async () => {
  const empty = await serve((_, response) => json(response, 200, { messages: noMessages, builds: [] }));
  const emptyApi = { TOOL_TOOLFORGE_API_URL: empty.url };
  expect(await cli.run(['list'], emptyApi)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('No builds'),
  });
  const asJson = await cli.run(['list', '--json'], emptyApi);
  expect(JSON.parse(asJson.stdout)).toEqual({ messages: noMessages, builds: [] });
  await empty.close();
});

test('show prints aligned fields, and a message of several lines', async () => {
  const { stdout } = await cli.run(['show', 'demo-3'], env);
  expect(stdout).toContain(
    'Build:            demo-3\nStatus:           error\nMessage:          step build: exit code 1\n                  naïve',
  );
  expect(stdout).toContain('Log:              truncated');
  for (const control of ['\u001b', '\u009b', '\u2028']) expect(stdout).not.toContain(control);
});

test('show without an id prints the newest build', async () => {
  const { stdout, requests } = await requestsOf(['show']);
  expect(requests).toEqual(['GET /builds/v1/tool/demo/builds/latest']);
  expect(stdout).toContain('pending (#2 in queue)');
});

test('quota prints an aligned table', async () => {
  const { stdout } = await cli.run(['quota'], env);
  expect(stdout).toMatch(/^CATEGORY {2}ITEM {5}LIMIT {3}USED {6}AVAILABLE {2}CAPACITY\nRegistry {2}Storage {2}1\.00Gi/);
});

test('start sends the values of its options and an Idempotency-Key', async () => {
  const options = [
    '--ref',
    'v1',
    '-i',
    'web',
    '-e',
    'AAA=1',
    '-e',
    'BBB=x=y',
    '-e',
    'CCC=',
    '-L',
    '--use-deprecated-versions',
  ];
  const { stdout, stderr, requests } = await requestsOf(['start', 'https://example.org/repo.git', ...options, '-D']);
  expect(requests).toEqual(['POST /builds/v1/tool/demo/builds']);
  const sent = server.requests[0];
  expect(JSON.parse(sent?.body ?? '')).toEqual({
    source_url: 'https://example.org/repo.git',
    ref: 'v1',
    image_name: 'web',
    envvars: { AAA: '1', BBB: 'x=y', CCC: '' },
    use_latest_versions: true,
    use_deprecated_versions: true,
  });
  expect(sent?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: 'Bearer secret',
    'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'user-agent': expect.stringMatching(/^toolforge-build\//),
  });
  expect(stdout).toContain("Building 'https://example.org/repo.git', build name is 'demo-7'");
  expect(stderr).toBe('a piece of information\nWarning: a warning\n');
});

test('start with only a URL sends only the URL', async () => {
  await requestsOf(['start', 'https://example.org/repo.git', '-D']);
  expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ source_url: 'https://example.org/repo.git' });
});

test('cancel --all cancels the builds that wait or run, and no other', async () => {
  const { code, stdout, requests } = await requestsOf(['cancel', '--all', '-y']);
  expect(code).toBe(0);
  expect(requests).toEqual([
    'GET /builds/v1/tool/demo/builds',
    'PUT /builds/v1/tool/demo/builds/demo-6/cancel',
    'PUT /builds/v1/tool/demo/builds/demo-5/cancel',
  ]);
  expect(stdout).toBe('Cancelled 2 builds\n');
});

test('cancel names the builds that it could not cancel, and cancels the others', async () => {
  const { code, stdout, stderr } = await requestsOf(['cancel', 'nobody', 'demo-5', '--yes-i-know']);
  expect({ code, stdout, stderr }).toEqual({
    code: 3,
    stdout: 'Cancelled 1 build\n',
    stderr: 'Error: nobody: There is no build nobody.\n',
  });
});

test('delete deletes the named builds, or with --all every build', async () => {
  expect(await requestsOf(['delete', 'demo-4', '-y'])).toMatchObject({
    stdout: 'Deleted 1 build\n',
    requests: ['DELETE /builds/v1/tool/demo/builds/demo-4'],
  });
  const all = await requestsOf(['delete', '--all', '-y']);
  expect(all.stdout).toBe('Deleted 7 builds\n');
  expect(all.requests).toHaveLength(8);
});

test('clean prints the deleted images', async () => {
  expect(await requestsOf(['clean', '-y'])).toMatchObject({
    code: 0,
    stdout: 'Deleted 2 artifacts from harbor repository tool-demo/demo\n',
    requests: ['POST /builds/v1/tool/demo/clean'],
  });
});

test.each([['cancel', 'demo-5'], ['delete', 'demo-5'], ['clean']])(
  '%s without -y changes nothing when there is no terminal to ask on',
  async (...args) => {
    const { code, stderr, requests } = await requestsOf(args);
    expect(code).toBe(2);
    expect(stderr).toContain('Pass -y');
    expect(requests).toEqual([]);
  },
);

test('wait polls until the build has ended, and ends with exit code 1 for a failed build', async () => {
  let polls = 0;
  const waiting = await serve((_, response) => {
    polls += 1;
    json(response, 200, { messages: noMessages, build: responses.builds[polls === 1 ? 1 : 3] });
  });
  const { code, stderr } = await cli.run(['wait', 'demo-3'], { TOOL_TOOLFORGE_API_URL: waiting.url });
  expect(code).toBe(1);
  expect(stderr).toContain('demo-3 is running');
  expect(stderr).toContain('Error: Build demo-3 failed\n  step build: exit code 1');
  await waiting.close();
});

test('--verbose and --debug print the requests and never the token', async () => {
  const { stderr } = await cli.run(['-v', 'list'], env);
  expect(stderr).toMatch(/GET http:\/\/localhost:\d+\/builds\/v1\/tool\/demo\/builds → 200/);
  expect((await cli.run(['list', '-d'], env)).stderr).not.toContain('secret');
});

test('--tool is preferred to TOOLFORGE_TOOL', async () => {
  const { requests, code } = await requestsOf(['--tool', 'other', 'list']);
  expect(requests).toEqual(['GET /builds/v1/tool/other/builds']);
  expect(code).toBe(3);
});
