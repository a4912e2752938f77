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

  test('list cuts source and image on a narrow terminal, never the id or the status', async () => {
    const { stdout } = await cli.onTerminal(['list'], 95, { ...env, NO_COLOR: '1' }).finished;
    const lines = stdout.trimEnd().split('\r\n');
    for (const text of lines) expect([...text].length).toBeLessThanOrEqual(95);
    expect(lines[3]).toMatch(/^demo-4 {2}ok .*…ple\.org\/repo\.git@main {2}registry\.….*$|^demo-4 {2}ok .*…/);
  });

  test('logs -f shows a spinner with the last note until a line arrives', async () => {
    const { finished, sees } = cli.onTerminal(['logs', '-f', 'demo-4'], 80, env);
    await sees('pulling the image');
    release();
    const { stdout } = await finished;
    expect(stdout).toMatch(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/);
    expect(stdout.endsWith('\r\u001b[2K\u001b[36m[step-build]\u001b[0m line 1\r\n')).toBe(true);
  });

  test('logs -f draws the states of an unfinished line in place, within the width of the terminal', async () => {
    const partial = (text: string) => ({ type: 'partial', step: 'build', time: line(1).time, line: text });
    const other = await serve((_, response) => {
      const states = [partial('\u001b[32m10%\u001b[0m'), partial(`20% ${'#'.repeat(200)}`), partial('\u202e30%')];
      beginLog(response).end(ndjson([...states, line(1, '100%'), end()]));
    });
    const env40 = { TOOL_TOOLFORGE_API_URL: other.url, NO_COLOR: '1' };
    const { stdout } = await cli.onTerminal(['logs', '-f', 'demo-4'], 40, env40).finished;
    const drawn = stdout.split('\r\u001b[2K').filter((text) => text.includes('%'));
    expect(drawn.map((text) => text.replace('\r\n', ''))).toEqual([
      '[step-build] 10%',
      `[step-build] 20% ${'#'.repeat(21)}…`,
      '[step-build] \\u202e30%',
      '[step-build] 100%',
    ]);
    expect(stdout.match(/\r\n/g)).toHaveLength(1);
    await other.close();
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

  test('wait shows no spinner with TERM=dumb', async () => {
    const other = await serve((_, response) => json(response, 200, { messages: noMessages, build: build(2) }));
    const { stdout } = await cli.onTerminal(['wait'], 80, { TOOL_TOOLFORGE_API_URL: other.url, TERM: 'dumb' }).finished;
    expect(stdout).not.toContain('\u001b');
    await other.close();
  });
});
