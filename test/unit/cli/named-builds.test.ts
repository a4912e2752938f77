import { expect, test } from '@jest/globals';
import { useFakeApi } from './fake-api.ts';
import { beginLog, build, end, type Handler, json, line, ndjson, noMessages } from './support.ts';

const api = useFakeApi();

const idOf = (random: string) => `demo-buildpacks-pipelinerun-${random}`;
const [newest, second, third, old] = ['aaaaaaa111', 'bbbbbbb111', 'ccccccc222', 'b1111'].map(idOf) as [
  string,
  string,
  string,
  string,
];
const ids = [newest, second, third, old];
const hostileRef = 'main\n  x7k2p$(reboot)\u001b[2J';

/** Answers as the API does for a tool with four builds, the newest first. */
const handler: Handler = ({ path, method }, response) => {
  const [, named, action] = /\/builds(?:\/([^/]+)(?:\/(\w+))?)?$/.exec(path) ?? [];
  const builds = ids.map((buildId) => ({ ...build(2), build_id: buildId, parameters: { ref: hostileRef } }));
  if (!named) return json(response, 200, { messages: noMessages, builds });
  const found = builds.find(({ build_id }) => build_id === (named === 'latest' ? newest : named));
  if (!found) return json(response, 404, { error: [`The tool demo has no build ${named}.`], code: 'build_not_found' });
  if (action === 'logs') return void beginLog(response).end(ndjson([line(1), end()]));
  if (action === 'cancel' || method === 'DELETE') return json(response, 200, { messages: noMessages, id: named });
  return json(response, 200, { messages: noMessages, build: found });
};

/** Runs `toolforge-build` against a tool with four builds. @returns its end, and the requests as `METHOD PATH` */
const run = async (...args: string[]) => {
  const finished = await api.run(args, await api.against(handler));
  const requests = api.requests().map(({ method, path }) => `${method} ${path.replace('/builds/v1/tool/demo/', '')}`);
  return { ...finished, requests };
};

test.each([
  ['its last ten characters', 'bbbbbbb111', second],
  ['an end that no other id has', 'b111', second],
  ['one character that no other id ends with', '2', third],
  ['latest', 'latest', newest],
  ['@1', '@1', newest],
  ['@2, the second newest', '@2', second],
  ['@4, the oldest', '@4', old],
  ['its whole id', second, second],
  ['its random part, which is the end of another id too', 'b1111', old],
])('show finds a build by %s', async (_, name, id) => {
  expect((await run('show', name)).stdout).toContain(`Build ID: ${id}\n`);
});

test('logs, wait, cancel and delete find a build as show does', async () => {
  expect((await run('logs', '@2')).requests.at(-1)).toBe(`GET builds/${second}/logs`);
  expect(await run('wait', 'b111')).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('Build bbbbbbb111 succeeded'),
  });
  expect((await run('cancel', '-y', '2')).requests.at(-1)).toBe(`PUT builds/${third}/cancel`);
  expect((await run('delete', '-y', 'latest')).requests.at(-1)).toBe(`DELETE builds/${newest}`);
});

test('a whole id, latest and @1 need no list of the builds', async () => {
  for (const name of [second, 'latest', '@1']) expect((await run('show', name)).requests).toHaveLength(1);
});

test('several names are looked up in one list, so that a build that begins meanwhile shifts none of them', async () => {
  const { requests } = await run('delete', '-y', 'latest', '@2');
  expect(requests).toEqual(['GET builds', `DELETE builds/${newest}`, `DELETE builds/${second}`]);
  expect((await run('delete', '-y', 'latest', second)).requests[0]).toBe('GET builds/latest');
});

test('an end of several ids names no build, and the error lists the candidates on a line each', async () => {
  for (const command of ['logs', 'delete']) {
    const { code, stdout, stderr, requests } = await run(command, '111', ...(/^[cd]/.test(command) ? ['-y'] : []));
    expect({ code, stdout, requests }).toEqual({ code: 2, stdout: '', requests: ['GET builds'] });
    expect(stderr.split('\n')).toEqual([
      'Error: The ids of 3 builds end with "111".',
      'Type more of the id:',
      expect.stringMatching(/^ {2}aaaaaaa111 {2}ok {9}2026-11-22T08:00:00Z {2}main␊ {2}x7k2p/),
      expect.stringMatching(/^ {2}bbbbbbb111 {2}ok/),
      expect.stringMatching(/^ {2}b1111 {7}ok/),
      '',
    ]);
    expect(stderr).not.toContain('\u001b');
  }
});

test.each([
  ['bbbbbbb11x', 'No build has an id that ends with "bbbbbbb11x".', 'Did you mean bbbbbbb111? '],
  ['ccccccc', 'No build has an id that ends with "ccccccc".', 'Did you mean ccccccc222? '],
  ['qqqqqqqqqq', 'No build has an id that ends with "qqqqqqqqqq".', ''],
  [idOf('ccccccc22'), `The tool demo has no build ${idOf('ccccccc22')}.`, 'Did you mean ccccccc222? Or '],
  ['@5', 'There is no build @5: there are only 4 builds.', ''],
  ['@99999', 'There is no build @99999: there are only 4 builds.', ''],
])('the error for %s, which names no build, has the nearest build and how to list all', async (name, error, hint) => {
  const { code, stderr } = await run('show', name);
  expect(code).toBe(3);
  expect(stderr).toMatch(/see `toolforge-build list`\.\n$/i);
  expect(stderr).toContain(`Error: ${error}\n${hint}`);
});

test.each(['logs', 'wait', 'cancel', 'delete'])('%s names the build whose id is nearest, too', async (command) => {
  const { code, stderr } = await run(command, idOf('ccccccc22'), ...(/^[cd]/.test(command) ? ['-y'] : []));
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: expect.stringMatching(/Error: .* has no build .*\nDid you mean ccccccc222\?/),
  });
});

test.each(['', '@0', '@', '@-1', '@2x', '@1000000000', '../../quotas', 'a b', '*', '%2e', 'É', 'LATEST', '\u001b[2J'])(
  '%j is the name of no build, for which no build is changed',
  async (name) => {
    const { code, stderr, requests } = await run('delete', '-y', '--', name);
    expect({ code, changes: requests.filter((request) => !request.startsWith('GET')) }).toEqual({
      code: 2,
      changes: [],
    });
    expect(stderr).toContain('Error: ');
    expect(stderr).not.toContain('\u001b');
  },
);

test('delete names the builds in its question where the user did not write their whole ids', async () => {
  expect((await run('delete', '@2', 'c222')).stderr).toContain(
    "I'm going to delete 2 builds (bbbbbbb111, ccccccc222), continue?",
  );
  expect((await run('delete', second)).stderr).toContain("I'm going to delete 1 build, continue?");
});

test('cancel names a build once that is given by several names, and reports a wrong name once', async () => {
  const { code, stdout, stderr, requests } = await run('cancel', '-y', 'latest', '@1', newest, 'a111', 'qqqq');
  expect({ code, stdout }).toEqual({ code: 3, stdout: 'Cancelled 1 build\n' });
  expect(requests.filter((request) => request.startsWith('PUT'))).toEqual([`PUT builds/${newest}/cancel`]);
  expect(requests.filter((request) => request === 'GET builds')).toHaveLength(1);
  expect(stderr.match(/qqqq/g)).toHaveLength(1);
});
