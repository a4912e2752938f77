import type { ServerResponse } from 'node:http';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import {
  beginLog,
  build,
  type Cli,
  createCli,
  end,
  type Handler,
  json,
  line,
  ndjson,
  noMessages,
  type Received,
  serve,
  startedAs,
  type TestServer,
} from './support.ts';

let cli: Cli;
let server: TestServer | undefined;

beforeAll(() => {
  cli = createCli();
});
afterAll(() => cli.close());
afterEach(async () => server?.close());

type Log = (request: Received, response: ServerResponse, attempt: number) => void;

/** Starts an API with one build, whose log the function `log` sends. @returns the environment with the API's address */
const withLog = async (log: Log, shown = build(2)): Promise<Record<string, string>> => {
  let attempt = 0;
  const handler: Handler = (request, response) => {
    if (request.path.endsWith('/logs')) {
      attempt += 1;
      log(request, response, attempt);
    } else if (request.method === 'POST') json(response, 200, startedAs(shown.build_id));
    else json(response, 200, { messages: noMessages, build: shown });
  };
  server = await serve(handler);
  return { TOOL_TOOLFORGE_API_URL: server.url };
};

const logRequests = () => server?.requests.filter(({ path }) => path.endsWith('/logs')) ?? [];

test('logs requests ndjson of the newest build and prints each line with its step', async () => {
  const env = await withLog((_, response) =>
    beginLog(response).end(ndjson([line(1, 'hello', 'clone'), line(2, 'world'), end()])),
  );
  expect(await cli.run(['logs'], env)).toEqual({
    code: 0,
    stdout: '[step-clone] hello\n[step-build] world\n',
    stderr: '',
  });
  const [request] = logRequests();
  expect(request?.headers.accept).toBe('application/x-ndjson');
  expect(request?.path).toBe('/builds/v1/tool/demo/builds/demo-4/logs');
  expect(Object.fromEntries(request?.query ?? [])).toEqual({ follow: 'false' });
});

test('logs --json prints one object per line, in ASCII', async () => {
  const objects = [line(1, 'naïve \u001b[31m\u2028'), { type: 'note', note: 'waits' }, end()];
  const env = await withLog((_, response) => beginLog(response).end(ndjson(objects)));
  const { stdout } = await cli.run(['logs', 'demo-4', '--json'], env);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((text) => JSON.parse(text) as unknown)).toEqual(objects);
  expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
});

test('logs sends --step, --tail and -f to the API, and prints times with -v', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end()])));
  const { stdout } = await cli.run(['-v', 'logs', 'demo-4', '-f', '--step', 'step-build', '--tail', '5'], env);
  expect(stdout).toBe('[step-build] 2026-11-22T08:00:01.123456789Z line 1\n');
  expect(Object.fromEntries(logRequests()[0]?.query ?? [])).toEqual({ follow: 'true', step: 'build', tail: '5' });
});

test('logs resumes a log that is cut in the middle of a line at its cursor, and prints each line once', async () => {
  const whole = ndjson([line(1), line(2), line(3), line(4), end()]);
  const half = whole.indexOf('line 3') + 2;
  const env = await withLog((request, response, attempt) => {
    beginLog(response);
    if (attempt === 1) response.write(whole.slice(0, half), () => response.destroy());
    else response.end(ndjson([line(3), line(4), end()].slice(request.query.get('cursor') === 'c2' ? 0 : 2)));
  });
  const { stdout, stderr, code } = await cli.run(['logs', '-f', 'demo-4', '--tail', '9'], env);
  expect(code).toBe(0);
  expect(stdout).toBe([1, 2, 3, 4].map((number) => `[step-build] line ${number}\n`).join(''));
  expect(stderr).toContain('Resuming the log where it was cut.');
  expect(logRequests().map(({ query }) => [query.get('cursor'), query.get('tail')])).toEqual([
    [null, '9'],
    ['c2', null],
  ]);
});

const gzipped = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8', 'content-encoding': 'gzip' });

test.each([
  ['is cut', (response: ServerResponse) => void response.destroy()],
  ['ends too early', (response: ServerResponse) => void response.end()],
  ['continues as garbage', (response: ServerResponse) => void response.end('no gzip')],
])('logs resumes a compressed log that %s at its cursor', async (_, cut) => {
  const env = await withLog((request, response, attempt) => {
    gzipped(response);
    if (attempt > 1) return void response.end(gzipSync(ndjson([line(3), end()])));
    expect(request.headers['accept-encoding']).toBe('gzip');
    const half = gzipSync(ndjson([line(1), line(2)]), { finishFlush: constants.Z_SYNC_FLUSH });
    response.write(half, () => setTimeout(cut, 50, response));
  });
  const { stdout, stderr, code } = await cli.run(['logs', '-f', 'demo-4'], env);
  expect(code).toBe(0);
  expect(stdout).toBe([1, 2, 3].map((number) => `[step-build] line ${number}\n`).join(''));
  expect(stderr).toContain('Resuming the log where it was cut.');
  expect(logRequests().map(({ query }) => query.get('cursor'))).toEqual([null, 'c2']);
});

test('logs prints a line of a compressed log as soon as the line arrives', async () => {
  const gzip = createGzip();
  const env = await withLog((_, response) => {
    gzip.pipe(gzipped(response));
    gzip.write(ndjson([line(1)]));
    gzip.flush(() => undefined);
  });
  const { sees, finished } = cli.start(['logs', '-f', 'demo-4'], env);
  await sees('line 1');
  gzip.end(ndjson([line(2), end()]));
  expect((await finished).stdout).toBe('[step-build] line 1\n[step-build] line 2\n');
});

test('logs -f silently requests the log again when the stream ends while the build runs', async () => {
  const env = await withLog((_, response, attempt) => {
    const first = [line(1), end('BUILD_RUNNING')];
    beginLog(response).end(attempt === 1 ? ndjson(first) : ndjson([line(2), end()]).trimEnd());
  });
  const { stdout, stderr } = await cli.run(['logs', '-f', 'demo-4'], env);
  expect(stdout).toBe('[step-build] line 1\n[step-build] line 2\n');
  expect(stderr).toBe('');
  expect(logRequests()[1]?.query.get('cursor')).toBe('end');
});

test('logs -f silently continues after a handover, also before the first line', async () => {
  const handOver = (cursor?: string) => ({ type: 'note', note: 'this stream ends here', cursor, hand_over: true });
  const env = await withLog((_, response, attempt) => {
    const parts = { 1: [handOver()], 2: [line(1), handOver('c1')], 3: [handOver('far')] };
    beginLog(response).end(ndjson(parts[attempt as 1] ?? [line(2), end()]));
  });
  const { stdout, stderr } = await cli.run(['logs', '-f', 'demo-4'], env);
  expect(stdout).toBe('[step-build] line 1\n[step-build] line 2\n');
  expect(stderr).toBe('');
  expect(logRequests().map(({ query }) => query.get('cursor'))).toEqual([null, null, 'c1', 'far']);
});

test('logs sends --grep, --since, --from-line and --lines to the API, and prints line numbers', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([{ ...line(1), number: 41 }, end()])));
  const options = ['-g', 'a|b', '--since', '2026-11-22T08:02:11Z', '--from-line', '40', '--lines', '9'];
  const { stdout } = await cli.run(['logs', 'demo-4', '--step', 'build', ...options], env);
  expect(stdout).toBe('[step-build] 41: line 1\n');
  expect(Object.fromEntries(logRequests()[0]?.query ?? [])).toEqual({
    follow: 'false',
    step: 'build',
    grep: 'a|b',
    since: '2026-11-22T08:02:11Z',
    from_line: '40',
    lines: '9',
  });
});

test('logs without -f ends at the end of the stream of a running build', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end('BUILD_RUNNING')])));
  expect(await cli.run(['logs', 'demo-4'], env)).toMatchObject({ code: 0, stdout: '[step-build] line 1\n' });
});

test('logs prints each note once, and warns when a part of the log is missing', async () => {
  const note = { type: 'note', note: 'Waiting at position 2 of the queue' };
  const last = { ...end(), log: 'lost', reason: 'the node went away' };
  const env = await withLog((_, response) => beginLog(response).end(ndjson([note, note, last])));
  const { stderr, code } = await cli.run(['logs', 'demo-4'], env);
  expect(code).toBe(0);
  expect(stderr).toBe('Waiting at position 2 of the queue\nWarning: The log is lost: the node went away\n');
});

test('start follows the log and prints the image', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end()])));
  const { code, stdout, stderr } = await cli.run(['start', 'https://example.org/repo.git'], env);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '[step-build] line 1\n' });
  expect(stderr).toContain('Build demo-4 succeeded: registry.example.org/tool-demo/tool-demo:latest@sha256:');
});

test.each([
  [3, 'failed'],
  [4, 'timed out'],
  [5, 'was cancelled'],
])('start ends with exit code 1 for a build that does not succeed (build %i: %s)', async (index, words) => {
  const shown = build(index);
  const env = await withLog((_, response) => beginLog(response).end(ndjson([end(shown.status)])), shown);
  const { code, stderr } = await cli.run(['start', 'https://example.org/repo.git'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(`Build ${shown.build_id} ${words}`);
});

test('start --json prints the ended build to standard output and the log to standard error', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end('BUILD_FAILURE')])), build(3));
  const { code, stdout, stderr } = await cli.run(['start', 'https://example.org/repo.git', '--json'], env);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ messages: noMessages, build: { build_id: 'demo-3', status: 'error' } });
  expect(stderr).toContain('[step-build] line 1');
});

test('start waits for the build when the log is unavailable', async () => {
  const env = await withLog((_, response) => json(response, 500, { error: ['The log is broken.'], code: 'internal' }));
  const { code, stderr } = await cli.run(['start', 'https://example.org/repo.git'], env);
  expect(code).toBe(0);
  expect(stderr).toContain('The log is broken. Waiting for the build without its log.');
});

test('Ctrl-C says that the build continues, and ends start with exit code 130', async () => {
  const env = await withLog((_, response) => void beginLog(response).write(ndjson([line(1)])));
  const { child, finished, sees } = cli.start(['start', 'https://example.org/repo.git'], env);
  await sees('line 1');
  child.kill('SIGINT');
  const { code, stderr } = await finished;
  expect(code).toBe(130);
  expect(stderr).toContain(
    'The build demo-4 continues.\nFollow it again: toolforge-build logs -f demo-4\nCancel it:       toolforge-build cancel demo-4\n',
  );
});

test('logs ends quietly when the reader of its output closes the pipe', async () => {
  const env = await withLog((_, response) => {
    let number = 1;
    const more = () => {
      if (response.destroyed) return;
      response.write(ndjson([line(number++, 'x'.repeat(5000))]), () => setImmediate(more));
    };
    beginLog(response);
    more();
  });
  const { code, stdout, stderr } = await cli.piped(['logs', 'demo-4'], 'head -c 20', env);
  expect({ code, stdout, stderr }).toEqual({ code: 141, stdout: '[step-build] xxxxxxx', stderr: '' });
});

test('logs keeps the colours of a line and makes its other control characters visible', async () => {
  const hostile = '\u001b[31mred\u001b[0m \u001b]0;title\u0007\u001b[2J\rover \u009b1A \u202eback\u001b[1m';
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1, hostile, 'a\u001b[2J'), end()])));
  const plain = await cli.run(['logs', 'demo-4'], env);
  expect(plain.stdout).toBe('[step-a␛[2J] red ␛]0;title␇␛[2J␍over \\u009b1A \\u202eback\n');
  const coloured = await cli.run(['logs', 'demo-4'], { ...env, FORCE_COLOR: '1' });
  expect(coloured.stdout).toContain('\u001b[31mred\u001b[0m ␛]0;title␇␛[2J␍over');
  expect(coloured.stdout.endsWith('\u001b[0m\n')).toBe(true);
});

test('logs --lines requests the rest of the lines only, after a stream that ended too early', async () => {
  const env = await withLog((_, response, attempt) => {
    const events = attempt === 1 ? [line(1), line(2)] : [line(3), { ...end(), limited: true }];
    beginLog(response).end(ndjson(events));
  });
  expect(await cli.run(['logs', '--lines', '3', 'demo-4'], env)).toMatchObject({
    code: 0,
    stdout: '[step-build] line 1\n[step-build] line 2\n[step-build] line 3\n',
  });
  expect(logRequests().map(({ query }) => query.get('lines'))).toEqual(['3', '1']);
});

test('show and list make control characters in messages and fields visible', async () => {
  const evil = '\u001b]52;c;ZXZpbA==\u0007\u001b[2J';
  const shown = {
    ...build(2),
    build_id: `x${evil}`,
    message: `a${evil}\nb`,
    destination_image: evil,
    resolved_ref: evil,
  };
  server = await serve((_, response) =>
    json(response, 200, { messages: { info: [evil], warning: [evil], error: [evil] }, build: shown, builds: [shown] }),
  );
  const env = { TOOL_TOOLFORGE_API_URL: server.url };
  for (const command of [['show'], ['list'], ['show', '--json']]) {
    const { stdout, stderr } = await cli.run(command, env);
    expect(stdout + stderr).not.toContain('\u001b');
    expect(stdout + stderr).not.toContain('\u0007');
  }
});

test('logs refuses a log in another format than ndjson', async () => {
  const env = await withLog((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('{"line":"x"}\n');
  });
  const { code, stderr } = await cli.run(['logs', 'demo-4'], env);
  expect(code).toBe(6);
  expect(stderr).toContain('does not offer logs as application/x-ndjson');
});
