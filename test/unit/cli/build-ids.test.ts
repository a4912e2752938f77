import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Cli, contract, createCli, serve, startProcess, type TestServer } from './support.ts';

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
  '%s without -y changes nothing when nobody replies',
  async (...args) => {
    const { code, stderr, requests } = await requestsOf(args);
    expect(code).toBe(2);
    expect(stderr).toContain('Pass -y');
    expect(requests).toEqual([]);
  },
);

test.each([
  ['yes', 0, 1],
  ['echo YES', 0, 1],
  ['yes n', 130, 0],
  ['echo', 130, 0],
  ['true', 2, 0],
])(
  'clean reads its confirmation from a pipe: after `%s` it ends with %i and has sent %i requests',
  async (writer, code, sent) => {
    server.requests.length = 0;
    const script = `${writer} | "$@"`;
    const words = ['-c', script, 'bash', process.execPath, join(cli.home, 'toolforge-build.mjs'), 'clean'];
    const base = { HOME: cli.home, TOOLFORGE_TOKEN: 'secret', TOOLFORGE_TOOL: 'demo' };
    expect(await startProcess('bash', words, { ...base, ...env }).finished).toMatchObject({ code });
    expect(server.requests).toHaveLength(sent);
  },
);

test('cancel and delete name a build once that is given twice', async () => {
  expect((await requestsOf(['cancel', 'demo-5', 'demo-5', '-y'])).requests).toHaveLength(1);
  expect((await requestsOf(['delete', 'demo-5', 'demo-5', '-y'])).requests).toHaveLength(1);
});
