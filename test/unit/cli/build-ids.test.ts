import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { shortId } from '../../../cli/build-ids.ts';
import { useRecordedApi } from './fake-api.ts';
import { startProcess } from './support.ts';

const api = useRecordedApi();

test.each([
  ['wikibugs-buildpacks-pipelinerun-k3j2h1g5f4', 'k3j2h1g5f4'],
  ['0-a-tool-with-a-long-name-buildpacks-pipelinerun-0123456789abcdefghijklmno', 'fghijklmno'],
  ['wikibugs-buildpacks-pipelinerun-x7k2p', 'x7k2p'],
  ['demo-5', 'demo-5'],
  ['a-build---.123456789', '123456789'],
])('the short form of the id %s is %s, which ends the id and is no option', (id, short) => {
  expect(shortId(id)).toBe(short);
  expect(id.endsWith(short)).toBe(true);
});

test('cancel --all cancels the builds that wait or run, and no other', async () => {
  const { code, stdout, requests } = await api.requestsOf(['cancel', '--all', '-y']);
  expect(code).toBe(0);
  expect(requests).toEqual([
    'GET /builds/v1/tool/demo/builds',
    'PUT /builds/v1/tool/demo/builds/demo-6/cancel',
    'PUT /builds/v1/tool/demo/builds/demo-5/cancel',
  ]);
  expect(stdout).toBe('Cancelled 2 builds\n');
});

test('cancel names the builds that it could not cancel, and cancels the others', async () => {
  const { code, stdout, stderr } = await api.requestsOf(['cancel', 'nobody', 'demo-5', '--yes-i-know']);
  expect({ code, stdout, stderr }).toEqual({
    code: 3,
    stdout: 'Cancelled 1 build\n',
    stderr: 'Error: No build has an id that ends with "nobody".\nSee `toolforge-build list`.\n',
  });
});

test('delete deletes the named builds, or with --all every build', async () => {
  expect(await api.requestsOf(['delete', 'demo-4', '-y'])).toMatchObject({
    stdout: 'Deleted 1 build\n',
    requests: ['DELETE /builds/v1/tool/demo/builds/demo-4'],
  });
  const all = await api.requestsOf(['delete', '--all', '-y']);
  expect(all.stdout).toBe('Deleted 7 builds\n');
  expect(all.requests).toHaveLength(8);
});

test('clean prints the deleted images', async () => {
  expect(await api.requestsOf(['clean', '-y'])).toMatchObject({
    code: 0,
    stdout: 'Deleted 2 artifacts from harbor repository tool-demo/demo\n',
    requests: ['POST /builds/v1/tool/demo/clean'],
  });
});

test.each([['cancel', 'demo-5'], ['delete', 'demo-5'], ['clean']])(
  '%s without -y changes nothing when nobody replies',
  async (...args) => {
    const { code, stderr, requests } = await api.requestsOf(args);
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
    api.requests().length = 0;
    const script = `${writer} | "$@"`;
    const words = ['-c', script, 'bash', process.execPath, join(api.home(), 'toolforge-build.mjs'), 'clean'];
    const base = { HOME: api.home(), TOOLFORGE_TOKEN: 'secret', TOOLFORGE_TOOL: 'demo' };
    expect(await startProcess('bash', words, { ...base, ...api.environment() }).finished).toMatchObject({ code });
    expect(api.requests()).toHaveLength(sent);
  },
);

test('cancel and delete name a build once that is given twice', async () => {
  expect((await api.requestsOf(['cancel', 'demo-5', 'demo-5', '-y'])).requests).toHaveLength(1);
  expect((await api.requestsOf(['delete', 'demo-5', 'demo-5', '-y'])).requests).toHaveLength(1);
});
