import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Api } from '../../../cli/api.ts';
import { readLog } from '../../../cli/log-stream.ts';
import {
  answers,
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

/** The API with one build, whose log is answered by `log`. */
async function withLog(log: Log, shown = build(2)): Promise<Record<string, string>> {
  let attempt = 0;
  const handler: Handler = (request, response) => {
    if (request.path.endsWith('/logs')) {
      attempt += 1;
      log(request, response, attempt);
    } else if (request.method === 'POST') json(response, 200, answers.started);
    else json(response, 200, { messages: noMessages, build: shown });
  };
  server = await serve(handler);
  return { TOOL_TOOLFORGE_API_URL: server.url };
}

const logRequests = () => server?.requests.filter(({ path }) => path.endsWith('/logs')) ?? [];

test('logs prints the steps and their lines, and asks for ndjson of the newest build', async () => {
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

test('logs --json prints the objects, one a line', async () => {
  const objects = [line(1, 'naïve \u001b[31m\u2028'), { type: 'note', note: 'waits' }, end()];
  const env = await withLog((_, response) => beginLog(response).end(ndjson(objects)));
  const { stdout } = await cli.run(['logs', 'demo-4', '--json'], env);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((text) => JSON.parse(text) as unknown)).toEqual(objects);
  expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
});

test('--step, --tail and -f reach the API; the verbose log has times', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end()])));
  const { stdout } = await cli.run(['-v', 'logs', 'demo-4', '-f', '--step', 'step-build', '--tail', '5'], env);
  expect(stdout).toBe('[step-build] 2026-11-22T08:00:01.123456789Z line 1\n');
  expect(Object.fromEntries(logRequests()[0]?.query ?? [])).toEqual({ follow: 'true', step: 'build', tail: '5' });
});

test('a log that is cut in mid-line goes on at its cursor: no line is lost, none comes twice', async () => {
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
  expect(stderr).toContain('The log goes on where it was cut.');
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
  ['goes on as garbage', (response: ServerResponse) => void response.end('no gzip')],
])('a compressed log that %s goes on at its cursor', async (_, cut) => {
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
  expect(stderr).toContain('The log goes on where it was cut.');
  expect(logRequests().map(({ query }) => query.get('cursor'))).toEqual([null, 'c2']);
});

test('a compressed line is shown as soon as it comes', async () => {
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

test('a server that ends its answer while the build runs is asked again, without a word', async () => {
  const env = await withLog((_, response, attempt) => {
    const first = [line(1), end('BUILD_RUNNING')];
    beginLog(response).end(attempt === 1 ? ndjson(first) : ndjson([line(2), end()]).trimEnd());
  });
  const { stdout, stderr } = await cli.run(['logs', '-f', 'demo-4'], env);
  expect(stdout).toBe('[step-build] line 1\n[step-build] line 2\n');
  expect(stderr).toBe('');
  expect(logRequests()[1]?.query.get('cursor')).toBe('end');
});

test('a stream that is handed over goes on without a word, also before its first line', async () => {
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

test('--grep, --since, --from-line and --lines reach the API; lines have their numbers', async () => {
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

test('without -f the end of a running build ends the command', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end('BUILD_RUNNING')])));
  expect(await cli.run(['logs', 'demo-4'], env)).toMatchObject({ code: 0, stdout: '[step-build] line 1\n' });
});

test('notes say why it waits, and a log that is not whole is told', async () => {
  const note = { type: 'note', note: 'Waiting at position 2 of the queue' };
  const last = { ...end(), log: 'lost', reason: 'the node went away' };
  const env = await withLog((_, response) => beginLog(response).end(ndjson([note, note, last])));
  const { stderr, code } = await cli.run(['logs', 'demo-4'], env);
  expect(code).toBe(0);
  expect(stderr).toBe('Waiting at position 2 of the queue\nWarning: The log is lost: the node went away\n');
});

test('start follows the log and tells the image', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end()])));
  const { code, stdout, stderr } = await cli.run(['start', 'https://example.org/repo.git'], env);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '[step-build] line 1\n' });
  expect(stderr).toContain('Build demo-4 succeeded: registry.example.org/tool-demo/tool-demo:latest@sha256:');
});

test.each([
  [3, 'failed'],
  [4, 'timed out'],
  [5, 'was cancelled'],
])('start of a build that does not succeed (%i) exits with 1', async (index, words) => {
  const shown = build(index);
  const env = await withLog((_, response) => beginLog(response).end(ndjson([end(shown.status)])), shown);
  const { code, stderr } = await cli.run(['start', 'https://example.org/repo.git'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(`Build ${shown.build_id} ${words}`);
});

test('start --json prints the build that ended on standard output, the log on standard error', async () => {
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1), end('BUILD_FAILURE')])), build(3));
  const { code, stdout, stderr } = await cli.run(['start', 'https://example.org/repo.git', '--json'], env);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ messages: noMessages, build: { build_id: 'demo-3', status: 'error' } });
  expect(stderr).toContain('[step-build] line 1');
});

test('start waits without the log when there is none', async () => {
  const env = await withLog((_, response) => json(response, 500, { error: ['The log is broken.'], code: 'internal' }));
  const { code, stderr } = await cli.run(['start', 'https://example.org/repo.git'], env);
  expect(code).toBe(0);
  expect(stderr).toContain('The log is broken. Waiting for the build without its log.');
});

test('Ctrl-C says that the build goes on, and ends with 130', async () => {
  const env = await withLog((_, response) => void beginLog(response).write(ndjson([line(1)])));
  const { child, finished, sees } = cli.start(['start', 'https://example.org/repo.git'], env);
  await sees('line 1');
  child.kill('SIGINT');
  const { code, stderr } = await finished;
  expect(code).toBe(130);
  expect(stderr).toContain(
    'The build demo-7 goes on.\nFollow it again: toolforge-build logs -f demo-7\nCancel it:       toolforge-build cancel demo-7\n',
  );
});

test('a reader that goes away ends the command quietly', async () => {
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

test('hostile text: a line keeps its colours and nothing else', async () => {
  const hostile = '\u001b[31mred\u001b[0m \u001b]0;title\u0007\u001b[2J\rover \u009b1A \u202eback\u001b[1m';
  const env = await withLog((_, response) => beginLog(response).end(ndjson([line(1, hostile, 'a\u001b[2J'), end()])));
  const plain = await cli.run(['logs', 'demo-4'], env);
  expect(plain.stdout).toBe('[step-a␛[2J] red ␛]0;title␇␛[2J␍over \\u009b1A \\u202eback\n');
  const coloured = await cli.run(['logs', 'demo-4'], { ...env, FORCE_COLOR: '1' });
  expect(coloured.stdout).toContain('\u001b[31mred\u001b[0m ␛]0;title␇␛[2J␍over');
  expect(coloured.stdout.endsWith('\u001b[0m\n')).toBe(true);
});

test('hostile text in messages and fields is shown, not sent', async () => {
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

test('an answer in another format than ndjson is refused', async () => {
  const env = await withLog((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('{"line":"x"}\n');
  });
  const { code, stderr } = await cli.run(['logs', 'demo-4'], env);
  expect(code).toBe(6);
  expect(stderr).toContain('does not offer logs as application/x-ndjson');
});

test('a log that never ends properly is given up, after longer and longer pauses', async () => {
  let asked = 0;
  const pauses: number[] = [];
  const openLog = async () => {
    asked += 1;
    return Readable.from([]) as unknown as IncomingMessage;
  };
  const options = {
    api: { openLog } as unknown as Api,
    base: new URL('http://localhost'),
    tell: () => {},
    sleep: async (pause: number) => void pauses.push(pause),
    random: () => 1,
  };
  const events = readLog(options, 'demo-4', { follow: true });
  await expect(events.next()).rejects.toMatchObject({ exitCode: 6, message: 'The log is cut again and again.' });
  expect(asked).toBe(6);
  expect(pauses).toEqual([250, 500, 1000, 2000, 4000]);
});
