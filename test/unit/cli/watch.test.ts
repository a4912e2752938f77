import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  build,
  type Cli,
  contract,
  createCli,
  type Handler,
  json,
  noMessages,
  serve,
  startProcess,
  type TestServer,
} from './support.ts';

let cli: Cli;
let server: TestServer | undefined;
let respond: Handler = contract;

beforeAll(async () => {
  cli = createCli();
  server = await serve((...exchange) => respond(...exchange));
});
afterAll(async () => {
  cli.close();
  await server?.close();
});

const watch = (columns = 80) => {
  if (server) server.requests.length = 0;
  return cli.onTerminal(['list', '--watch'], columns, { TOOL_TOOLFORGE_API_URL: server?.url ?? '', NO_COLOR: '1' });
};

const [enter, leave] = ['\u001b[?1049h\u001b[?25l\u001b[?7l', '\u001b[?7h\u001b[?25h\u001b[?1049l'];

test('list --watch draws on the other screen until Ctrl-C, which gives the terminal back with the last list', async () => {
  respond = contract;
  const { child, sees, finished } = watch();
  await sees('demo-0');
  child.stdin?.write('\u0003');
  const { stdout, code } = await finished;
  expect(code).toBe(130);
  expect(stdout.startsWith(enter)).toBe(true);
  const after = stdout.split(leave);
  expect(after).toHaveLength(2);
  expect(after[1]).toContain('demo-6');
  expect(after[1]).not.toContain('\u001b');
  expect(after[0]).toContain('Ctrl-C ends the watch.');
  expect(after[1]).not.toContain('Ctrl-C');
});

test('list --watch draws the new state of a build, and requests the list at most once in two seconds', async () => {
  const times: number[] = [];
  respond = (_, response) => {
    times.push(performance.now());
    const shown = build(times.length === 1 ? 1 : 2);
    json(response, 200, { messages: noMessages, builds: [{ ...shown, build_id: 'demo-9' }] });
  };
  const { child, sees, finished } = watch();
  await sees('demo-9  running');
  await sees('demo-9  ok');
  child.stdin?.write('\u0003');
  await finished;
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThanOrEqual(1990);
});

test('list --watch keeps the list while the service is overloaded, and says when it asks again', async () => {
  let count = 0;
  respond = (request, response, raw) => {
    count += 1;
    if (count > 1) json(response, 429, { error: ['Too many requests.'] }, { 'retry-after': '3600' });
    else contract(request, response, raw);
  };
  const { child, sees, finished } = watch();
  await sees('Trying again in 3600 s: Too many requests.');
  child.stdin?.write('\u0003');
  const { stdout, code } = await finished;
  expect(code).toBe(130);
  expect(count).toBe(2);
  expect(stdout.split(leave)[1]).toContain('demo-6');
});

test.each([
  ['317 years', '9999999999'],
  ['longer than any number', '9'.repeat(400)],
])('list --watch waits for an hour when Retry-After asks for %s', async (_, seconds) => {
  let count = 0;
  respond = (__, response) => {
    count += 1;
    json(response, 429, { error: ['Too many requests.'] }, { 'retry-after': seconds });
  };
  const { child, sees, finished } = watch();
  await sees('Trying again in 3600 s: Too many requests.');
  await sees('Trying again in 35');
  child.stdin?.write('\u0003');
  expect((await finished).code).toBe(130);
  expect(count).toBe(1);
});

test('list --watch needs no terminal on standard error', async () => {
  respond = contract;
  const command = `stty cols 80; '${process.execPath}' '${cli.home}/toolforge-build.mjs' list --watch 2>/dev/null`;
  const variables = { TOOL_TOOLFORGE_API_URL: server?.url ?? '', TOOLFORGE_TOKEN: 'secret', TOOLFORGE_TOOL: 'demo' };
  const env = { ...variables, HOME: cli.home, TERM: 'xterm', SHELL: '/bin/sh' };
  const { child, sees, finished } = startProcess('script', ['-qec', command, '/dev/null'], env, 'pipe');
  await sees('demo-0');
  child.stdin?.write('\u0003');
  expect((await finished).code).toBe(130);
});

test('list --watch gives the terminal back before it prints an error', async () => {
  respond = (_, response) => json(response, 403, { error: ['You may not act for demo.'] });
  const { stdout, code } = await watch().finished;
  expect(code).toBe(4);
  expect(stdout.split(leave)[1]).toContain('Error: You may not act for demo.');
});

test('list --watch is refused on a terminal that can not move its cursor', async () => {
  const { stdout, code } = await cli.onTerminal(['list', '--watch'], 80, {
    TOOL_TOOLFORGE_API_URL: server?.url ?? '',
    TERM: 'dumb',
  }).finished;
  expect(code).toBe(2);
  expect(stdout).toContain('--watch needs a terminal');
  expect(stdout).not.toContain('\u001b');
});
