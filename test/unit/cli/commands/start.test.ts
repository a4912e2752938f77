import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  beginLog,
  build,
  type Cli,
  contract,
  createCli,
  end,
  type Handler,
  json,
  line,
  ndjson,
  noMessages,
  serve,
  startedAs,
  type TestServer,
} from '../support.ts';

let cli: Cli;
let server: TestServer;
let respond: Handler = contract;
let env: Record<string, string>;

beforeAll(async () => {
  cli = createCli();
  server = await serve((...exchange) => respond(...exchange));
  env = { TOOL_TOOLFORGE_API_URL: server.url };
});
afterAll(async () => {
  cli.close();
  await server.close();
});

const source = 'https://example.org/repo.git';

/** Responds to a start, and to requests for the build and its log. */
const withBuild =
  (shown: ReturnType<typeof build>, events: object[]): Handler =>
  ({ method, path }, response) => {
    if (path.endsWith('/logs')) beginLog(response).end(ndjson(events));
    else if (method === 'POST') json(response, 200, startedAs(shown.build_id));
    else json(response, 200, { messages: noMessages, build: shown });
  };

const failed = { ...build(3), message: 'Step build failed with exit code 1: a buildpack failed.\nline 2\nline 3' };

test('start ends with the time of the build and of each step', async () => {
  respond = withBuild(build(2), [line(1, 'a', 'clone'), line(4, 'b', 'build'), end()]);
  const { code, stderr } = await cli.run(['start', source], env);
  expect(code).toBe(0);
  expect(stderr).toContain('\n  Took 5 min 30 s: clone 3 s, build 5 min 25 s\n');
});

test('start does not print an excerpt of a failure that the log has just shown', async () => {
  respond = withBuild(failed, [line(1), line(2), line(3), end('BUILD_FAILURE')]);
  const { code, stderr } = await cli.run(['start', source], env);
  expect(code).toBe(1);
  expect(stderr).toContain(
    'Error: Build demo-3 failed\n  Step build failed with exit code 1: a buildpack failed.\n  Took ',
  );
});

test('start prints an excerpt of a failure that the log has not shown', async () => {
  respond = withBuild(failed, [line(1), end('BUILD_FAILURE')]);
  const { stderr } = await cli.run(['start', source], env);
  expect(stderr).toContain('a buildpack failed.\n  line 2\n  line 3\n');
});

test('wait prints the excerpt of a failure, because it has shown no log', async () => {
  respond = withBuild(failed, []);
  expect((await cli.run(['wait', 'demo-3'], env)).stderr).toContain('\n  line 2\n  line 3\n  Took 5 min 30 s\n');
});

const interrupted = async (sees: string, args: string[] = []) => {
  server.requests.length = 0;
  const running = cli.onTerminal(['start', source, ...args], 200, env);
  await running.sees(sees);
  return running;
};

test('Ctrl-C before the service has answered says that a build may have been started, and how to repeat it', async () => {
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  respond = () => arrived();
  const { child, finished } = await interrupted('Starting…', ['--idempotency-key', 'mine']);
  await arrival;
  child.stdin?.write('\u0003');
  const { stdout, code } = await finished;
  expect(code).toBe(130);
  expect(stdout).toContain('The service has not answered, so a build may have been started.');
  expect(stdout).toContain("the same command with --idempotency-key 'mine'");
  expect(server.requests[0]?.headers['idempotency-key']).toBe('mine');
});

test('Ctrl-C while the queue is full says that no build was started, after one line that counts down', async () => {
  respond = (_, response) => json(response, 409, { error: ['The queue is full.'] }, { 'retry-after': '30' });
  const { child, sees, finished } = await interrupted('Trying again in 30 s: The queue is full.');
  await sees('Trying again in 28 s: The queue is full.');
  child.stdin?.write('\u0003');
  const { stdout, code } = await finished;
  expect(code).toBe(130);
  expect(stdout).not.toContain('Warning');
  expect(stdout.split('\r\u001b[2K').at(-1)).toBe('No build was started.\r\n');
});

test('Ctrl-C while the log is followed says that the build continues', async () => {
  respond = ({ method, path }, response) => {
    if (path.endsWith('/logs')) beginLog(response).write(ndjson([line(1)]));
    else if (method === 'POST') json(response, 200, startedAs('demo-4'));
    else json(response, 200, { messages: noMessages, build: build(2) });
  };
  const { child, finished } = await interrupted('line 1');
  child.stdin?.write('\u0003');
  expect((await finished).stdout).toContain('The build demo-4 continues.');
});

test('start says that a build may have been started when no attempt got an answer', async () => {
  respond = (_, __, raw) => void raw.socket.destroy();
  const { code, stderr } = await cli.run(['start', source, '-D', '--idempotency-key', "it's-mine"], env);
  expect(code).toBe(6);
  expect(stderr).toContain(`the same command with --idempotency-key 'it'\\''s-mine'`);
  expect(stderr.match(/Warning/g)).toHaveLength(1);
});

test('start says nothing about a second build when the service refused the first', async () => {
  respond = (_, response) => json(response, 400, { error: ['There is no repository.'] });
  const { stderr } = await cli.run(['start', source, '-D'], env);
  expect(stderr).toBe('Error: There is no repository.\n');
});

test.each(['', 'a b', 'ä', 'k'.repeat(256)])('start refuses the idempotency key %j before any request', async (key) => {
  server.requests.length = 0;
  const { code, stderr } = await cli.run(['start', source, '-D', '--idempotency-key', key], env);
  expect(code).toBe(2);
  expect(stderr).toContain('--idempotency-key takes 1 to 255 printable ASCII characters without blanks.');
  expect(server.requests).toEqual([]);
});

test('start --notify rings the bell of the terminal at the end, and not in a pipe', async () => {
  respond = withBuild(build(2), [line(1), end()]);
  const { stdout } = await cli.onTerminal(['start', source, '--notify'], 80, env).finished;
  expect(stdout.endsWith('\u0007')).toBe(true);
  const piped = await cli.run(['start', source, '--notify'], env);
  expect(piped.stdout + piped.stderr).not.toContain('\u0007');
});

test('the status line of a queued build says when it may begin', async () => {
  const now = Date.now();
  const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
  const builds = [
    { ...build(0), build_id: 'demo-9', queue_position: 1, parameters: { source_url: source } },
    { ...build(1), start_time: at(-60), parameters: { source_url: source } },
    { ...build(2), start_time: at(-1000), end_time: at(-700), parameters: { source_url: source } },
  ];
  respond = ({ method, path }, response) => {
    if (path.endsWith('/logs')) beginLog(response).write(ndjson([{ type: 'note', note: 'waiting: position 1' }]));
    else if (method === 'POST') json(response, 200, startedAs('demo-9'));
    else json(response, 200, { messages: noMessages, builds });
  };
  const { child, finished } = await interrupted('begins in about');
  child.stdin?.write('\u0003');
  expect((await finished).stdout).toMatch(/waiting: position 1, \d+:\d\d, begins in about \d+ min/);
});
