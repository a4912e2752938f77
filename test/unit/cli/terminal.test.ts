import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { wantsColour } from '../../../cli/terminal.ts';
import {
  beginLog,
  build,
  type Cli,
  contract,
  createCli,
  end,
  json,
  line,
  ndjson,
  noMessages,
  serve,
  type TestServer,
} from './support.ts';

const hasScript = (() => {
  try {
    return execFileSync('script', ['--version']).includes('util-linux');
  } catch {
    return false;
  }
})();

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ TERM: 'dumb' }, true, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
])('wantsColour with %j, where the stream is a terminal is %s, returns %s', (env, isTerminal, expected) => {
  expect(wantsColour(env, isTerminal)).toBe(expected);
});

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: the tests look for control characters
(hasScript ? describe : describe.skip)('toolforge-build on a terminal', () => {
  let cli: Cli;
  let server: TestServer;
  let env: Record<string, string>;
  let release = () => {};

  beforeAll(async () => {
    cli = createCli();
    server = await serve((request, response, raw) => {
      if (!request.path.endsWith('/logs')) return contract(request, response, raw);
      beginLog(response).write(ndjson([{ type: 'note', note: 'pulling the image' }]));
      release = () => void response.end(ndjson([line(1), end()]));
      return undefined;
    });
    env = { TOOL_TOOLFORGE_API_URL: server.url };
  });
  afterAll(async () => {
    cli.close();
    await server.close();
  });

  test('list prints colours', async () => {
    const { stdout, code } = await cli.onTerminal(['list'], 200, env).finished;
    expect(code).toBe(0);
    expect(stdout).toContain('\u001b[32mok\u001b[0m');
  });

  test('list prints no colours with NO_COLOR', async () => {
    expect((await cli.onTerminal(['list'], 200, { ...env, NO_COLOR: '1' }).finished).stdout).not.toContain('\u001b');
  });

  const listAt = async (columns: number): Promise<string[]> => {
    const { stdout } = await cli.onTerminal(['list'], columns, { ...env, NO_COLOR: '1' }).finished;
    const lines = stdout.trimEnd().split('\r\n');
    for (const text of lines) expect([...text].length).toBeLessThanOrEqual(columns);
    return lines;
  };

  test.each([
    [18, /^ID {6}STATUS$/],
    [40, /^ID {6}STATUS {6}AGE +DURATION$/],
    [80, /^ID {6}STATUS {6}AGE +DURATION +REF +COMMIT +IMAGE$/],
    [160, /^ID {6}STATUS {6}AGE +DURATION +REF +COMMIT +IMAGE +SOURCE$/],
  ])('list on a terminal of %i columns shows the most important columns, and cuts no id', async (columns, titles) => {
    const lines = await listAt(columns);
    expect(lines[0]).toMatch(titles);
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual([6, 5, 4, 3, 2, 1, 0].map((n) => `demo-${n}`));
  });

  test('list on a terminal shows ages, short commits and images without the registry', async () => {
    const lines = await listAt(160);
    expect(lines[3]).toMatch(
      /^demo-4 {2}ok {10}\d+ d +5 min 30 s +main {10}0123456 {2}tool-demo\/tool-demo:latest {2}https:\/\/example\.org\/repo\.git$/,
    );
  });

  test('logs -f shows the last note and the time in the status line until a line arrives', async () => {
    const { finished, sees } = cli.onTerminal(['logs', '-f', 'demo-4'], 80, env);
    await sees('pulling the image, 0:0');
    release();
    const { stdout } = await finished;
    expect(stdout).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    expect(stdout).toContain('\r\u001b[2K\u001b[36m[step-build]\u001b[0m line 1\r\n');
    expect(stdout.endsWith('\u001b[2mSteps: build <1 s\u001b[0m\r\n')).toBe(true);
  });

  test('logs -f shows the states of an unfinished line in the status line, within the width of the terminal', async () => {
    const partial = (text: string) => ({ type: 'partial', step: 'build', time: line(1).time, line: text });
    const other = await serve((_, response) => {
      const states = [partial('\u001b[32m10%\u001b[0m'), partial(`20% ${'#'.repeat(200)}`), partial('\u202e30%')];
      beginLog(response).end(ndjson([...states, line(1, '100%'), end()]));
    });
    const env40 = { TOOL_TOOLFORGE_API_URL: other.url, NO_COLOR: '1' };
    const { stdout } = await cli.onTerminal(['logs', '-f', 'demo-4'], 40, env40).finished;
    const drawn = stdout.split('\r\u001b[2K').filter((text) => text.includes('%'));
    expect(drawn.map((text) => text.replace(/^. \d:\d\d /, '').split('\r\n')[0])).toEqual([
      '[step-build] 10%',
      `[step-build] 20% ${'#'.repeat(14)}…`,
      '[step-build] \\u202e30%',
      '[step-build] 100%',
    ]);
    expect(stdout.match(/\r\n/g)).toHaveLength(2);
    await other.close();
  });

  test('a status line is never wider than the terminal, however narrow', async () => {
    const { finished, sees } = cli.onTerminal(['logs', '-f', 'demo-4'], 12, env);
    await sees('pulling');
    release();
    const { stdout } = await finished;
    const frames = [...stdout.matchAll(/\r\u001b\[2K\u001b\[36m.\u001b\[0m ([^\r]*)/gu)];
    expect(frames.length).toBeGreaterThan(0);
    for (const [, text = ''] of frames) expect([...text].length).toBeLessThanOrEqual(9);
  });

  test('quota on a terminal shows a bar for each quota, and its numbers with units', async () => {
    const { stdout } = await cli.onTerminal(['quota'], 80, { ...env, NO_COLOR: '1' }).finished;
    expect(stdout.trimEnd().split('\r\n')).toEqual([
      'QUOTA                                       USED',
      'Registry: Storage  █████████████████████░░  94 %  960 MiB of 1 GiB, 64 MiB free',
      'Builds: Running    █████████████████░░░░░░  75 %  3 of 4 builds, 1 build free',
      'Builds: Queued     ░░░░░░░░░░░░░░░░░░░░░░░  0 %   0 of 16 builds, 16 builds free',
    ]);
    const narrow = await cli.onTerminal(['quota'], 40, env).finished;
    expect(narrow.stdout).toContain('\u001b[31m94 %\u001b[0m');
    for (const text of narrow.stdout.split('\r\n'))
      expect([...text.replace(/\u001b\[\d+m/g, '')].length).toBeLessThanOrEqual(40);
  });

  test('cancel asks for confirmation: no changes nothing, yes cancels the build', async () => {
    const first = cli.onTerminal(['cancel', 'demo-5'], 80, env);
    await first.sees("I'm going to cancel 1 build, continue? [y/N]: ");
    first.child.stdin?.write('n\n');
    expect(await first.finished).toMatchObject({ code: 130, stdout: expect.stringContaining('Nothing was done.') });
    expect(server.requests.some(({ method }) => method === 'PUT')).toBe(false);
    const second = cli.onTerminal(['cancel', 'demo-5'], 80, env);
    await second.sees('[y/N]: ');
    second.child.stdin?.write('y\n');
    expect(await second.finished).toMatchObject({ code: 0, stdout: expect.stringContaining('Cancelled 1 build') });
  });

  test('nothing draws over the question of a command whose first request was sent again', async () => {
    let count = 0;
    const other = await serve((request, response, raw) => {
      count += 1;
      if (count === 1) json(response, 503, { error: ['Restarting.'] }, { 'retry-after': '1' });
      else contract(request, response, raw);
    });
    const asking = cli.onTerminal(['delete', '5'], 80, { TOOL_TOOLFORGE_API_URL: other.url });
    await asking.sees('[y/N]: ');
    asking.child.stdin?.write('n\n');
    const { stdout } = await asking.finished;
    expect(stdout).toContain('Trying again in 1 s: Restarting.');
    const [before, after] = stdout.split("I'm going to delete 1 build (demo-5), continue? [y/N]: ");
    expect(before?.endsWith('\r\u001b[2K')).toBe(true);
    expect(after).not.toContain('\u001b[2K');
    expect(other.requests.map(({ method }) => method)).toEqual(['GET', 'GET']);
    await other.close();
  });

  test('wait shows for how long the build has been running, and how long such builds take', async () => {
    const source = { parameters: { source_url: 'https://example.org/repo.git' } };
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
    const going = { ...build(1), ...source, start_time: ago(65) };
    const earlier = { ...build(2), ...source, start_time: ago(1000), end_time: ago(700) };
    let shown: object = going;
    const other = await serve(({ path }, response) => {
      if (path.endsWith('/builds')) json(response, 200, { messages: noMessages, builds: [going, earlier] });
      else json(response, 200, { messages: noMessages, build: shown });
    });
    const { sees, finished } = cli.onTerminal(['wait', 'demo-5'], 80, { TOOL_TOOLFORGE_API_URL: other.url });
    await sees('left');
    shown = { ...build(2), build_id: 'demo-5' };
    expect((await finished).stdout).toMatch(/demo-5 is running, \d+:\d\d, about [^,]+ left/);
    await other.close();
  });

  test('wait shows no spinner with TERM=dumb', async () => {
    const other = await serve((_, response) => json(response, 200, { messages: noMessages, build: build(2) }));
    const { stdout } = await cli.onTerminal(['wait'], 80, { TOOL_TOOLFORGE_API_URL: other.url, TERM: 'dumb' }).finished;
    expect(stdout).not.toContain('\u001b');
    await other.close();
  });
});
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: the tests look for control characters
