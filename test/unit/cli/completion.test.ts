import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type CompletingShell, openShell, testIn } from '../../support/shells.ts';
import { build, type Cli, createCli, type Handler, json, noMessages, serve, type TestServer } from './support.ts';

const idOf = (random: string) => `demo-buildpacks-pipelinerun-${random}`;
const listed = [
  { ...build(0), build_id: idOf('aaaaaaa111') },
  { ...build(1), build_id: idOf('bbbbbbb222') },
  { ...build(2), build_id: idOf('bbbbbbb333') },
];
const tools = ['demo', 'demo-two'].map((tool) => ({ tool, scopes: ['read', 'build'] }));

/** Answers with three builds, of which two have not ended, and with two tools. */
const ordinary: Handler = ({ path }, response) => {
  if (path.endsWith('/whoami')) return json(response, 200, { subject: 'someone', proof: 'person', tools });
  return json(response, 200, { messages: noMessages, builds: path.includes('/tool/demo/') ? listed : [] });
};

let cli: Cli;
let server: TestServer;
let handler: Handler;
let env: Record<string, string>;

beforeAll(async () => {
  cli = createCli();
  server = await serve((...words) => handler(...words));
  const command = join(cli.home, 'toolforge-build');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${command}.mjs' "$@"\n`);
  chmodSync(command, 0o755);
  env = {
    HOME: cli.home,
    PATH: `${cli.home}:${process.env.PATH}`,
    TOOLFORGE_TOKEN: 'secret',
    TOOLFORGE_TOOL: 'demo',
    TOOL_TOOLFORGE_API_URL: server.url,
  };
});
beforeEach(() => {
  handler = ordinary;
});
afterAll(async () => {
  cli?.close();
  await server?.close();
});

describe.each(['bash', 'zsh', 'fish'] as const)('the completion in %s', (name) => {
  const inShell = testIn(name);
  let shell: CompletingShell;
  const complete = (line: string) => shell.complete(`toolforge-build ${line}`);

  beforeAll(async () => {
    if (inShell === test.skip) return;
    const file = join(cli.home, `completion.${name}`);
    writeFileSync(file, (await cli.run(['completion', name])).stdout);
    shell = await openShell(name, file, env);
  });
  afterAll(() => shell?.close());

  inShell('completes commands, options, and arguments with known values', async () => {
    expect(await complete('sh')).toEqual(['show']);
    expect(await complete('logs --st')).toEqual(['--step']);
    expect(await complete('-v logs --st')).toEqual(['--step']);
    expect(await complete('logs --step ')).toEqual(['build', 'clone', 'detect']);
    expect(await complete('completion z')).toEqual(['zsh']);
  });

  inShell("completes a build's short id, and a whole id where the user types one", async () => {
    expect(await complete('show ')).toEqual(['aaaaaaa111', 'bbbbbbb222', 'bbbbbbb333']);
    expect(await complete('logs -f bbbbbbb2')).toEqual(['bbbbbbb222']);
    expect(await complete('wait demo-buildpacks-pipelinerun-a')).toEqual([idOf('aaaaaaa111')]);
    expect(await complete('delete bbbbbbb222 b')).toEqual(['bbbbbbb333']);
  });

  inShell('completes only builds that have not ended after cancel', async () => {
    expect(await complete('cancel ')).toEqual(['aaaaaaa111', 'bbbbbbb222']);
  });

  inShell('completes tools, and the builds of the tool that the command line names', async () => {
    expect(await complete('list --tool ')).toEqual(['demo', 'demo-two']);
    expect((await complete('list --tool=demo-')).map((word) => word.replace('--tool=', ''))).toEqual(['demo-two']);
    expect(await complete('--tool=demo show a')).toEqual(['aaaaaaa111']);
    expect(await complete('--tool other show a')).not.toContain('aaaaaaa111');
    expect(await complete('--tool demo show a')).toEqual(['aaaaaaa111']);
  });

  inShell('takes the first word that is a command, and no value of an option, for the command', async () => {
    expect(await complete('--tool=list logs --st')).toEqual(['--step']);
    expect(await complete('--tool list logs --st')).toEqual(['--step']);
    expect(await complete('--tool demo sh')).toEqual(['show']);
    const offered = await complete('start show ');
    expect(offered.filter((word) => listed.some(({ build_id: id }) => id.endsWith(word)))).toEqual([]);
  });

  inShell('executes nothing of a hostile name, ref or word, and offers no hostile candidate', async () => {
    const pwned = join(cli.home, `pwned-${name}`);
    const hostile = `$(touch ${pwned})\`touch ${pwned}\`';touch ${pwned};'`;
    handler = ({ path }, response) => {
      if (path.endsWith('/whoami'))
        return json(response, 200, {
          subject: 's',
          proof: 'person',
          tools: [hostile, 'demo'].map((tool) => ({ tool, scopes: [hostile] })),
        });
      const builds = listed.map((one) => ({
        ...one,
        start_time: hostile,
        parameters: { ref: `${hostile}\n\t%F{red}x:y\\` },
      }));
      return json(response, 200, { messages: noMessages, builds });
    };
    expect(await complete('show a')).toEqual(['aaaaaaa111']);
    expect(await complete('list --tool d')).toEqual(['demo']);
    await complete(`--api-url "\\$(touch ${pwned})" show `);
    handler = (_, response) =>
      json(response, 200, { messages: noMessages, builds: [{ ...build(2), build_id: `a$(touch ${pwned})` }] });
    expect(await complete('show q')).not.toContain('touch');
    expect(existsSync(pwned)).toBe(false);
  });

  inShell('offers no build, and prints no error, where the API refuses the credential', async () => {
    handler = (_, response) => json(response, 401, { error: ['Sign in.'], code: 'unauthenticated' });
    const offered = await complete('show zz');
    expect(offered.filter((word) => word !== 'zz')).toEqual([]);
  });
});

describe('_complete', () => {
  const run = (args: string[], others: Record<string, string> = {}) =>
    cli.run(['_complete', '--', ...args], { TOOL_TOOLFORGE_API_URL: server.url, ...others });

  test('prints each candidate with a description in which no character means something to a shell', async () => {
    handler = (_, response) =>
      json(response, 200, {
        messages: noMessages,
        builds: [{ ...listed[2], parameters: { ref: 'v1\t$(x)\u001b[2J' } }],
      });
    expect(await run(['builds', '', 'show'])).toEqual({
      code: 0,
      stdout: 'bbbbbbb333\tok 2026-11-22T08:00:00Z v1???x???2J\n',
      stderr: '',
    });
  });

  test.each<[string, string[], Record<string, string>]>([
    ['an address where nothing answers', ['builds', ''], { TOOL_TOOLFORGE_API_URL: 'http://127.0.0.1:9' }],
    ['no address', ['builds', ''], { TOOL_TOOLFORGE_API_URL: '' }],
    ['no credential', ['tools', ''], { TOOLFORGE_TOKEN: '' }],
    ['words that are no command line', ['builds', '', '--tool', '=', '--', '--help', '-\u0000'.slice(0, 1)], {}],
    ['no kind', [], { TOOL_TOOLFORGE_API_URL: '' }],
  ])('prints nothing for %s, and succeeds', async (_, args, others) => {
    handler = (__, response) => json(response, 200, { messages: noMessages, builds: [] });
    expect(await run(args, others)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('ends without candidates when the API does not answer in time', async () => {
    handler = () => {};
    expect(await run(['builds', ''])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('sends nothing to an address on the command line that is not that of the settings', async () => {
    handler = ordinary;
    const other = await serve((...words) => handler(...words));
    for (const kind of ['builds', 'tools']) {
      for (const words of [['--api-url', other.url], ['--api-url', '=', other.url], [`--api-url=${other.url}`]]) {
        expect(await run([kind, '', 'show', ...words])).toEqual({ code: 0, stdout: '', stderr: '' });
        expect((await run([kind, '', 'show', ...words], { TOOL_TOOLFORGE_API_URL: '' })).stdout).toBe('');
      }
    }
    expect(other.requests).toEqual([]);
    await other.close();
    expect((await run(['builds', 'a', 'show', '--api-url', server.url])).stdout).toContain('aaaaaaa111');
  });

  test('sends nothing to an address where a command would warn that the token is sent unencrypted', async () => {
    server.requests.length = 0;
    const others = { TOOL_TOOLFORGE_API_URL: 'http://api.example.org', http_proxy: server.url };
    for (const kind of ['builds', 'tools'])
      expect(await run([kind, ''], others)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(server.requests).toEqual([]);
  });

  test('runs no command that prints a token, because it may ask for a password', async () => {
    const ran = join(cli.home, 'ran');
    const others = { TOOLFORGE_TOKEN: '', TOOLFORGE_TOKEN_COMMAND: `touch ${ran}; echo token` };
    expect(await run(['builds', ''], others)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(existsSync(ran)).toBe(false);
  });
});
