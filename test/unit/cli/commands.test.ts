import { expect, test } from '@jest/globals';
import { useRecordedApi } from './fake-api.ts';
import { build, json, noMessages, recorded, responses, serve } from './support.ts';

const api = useRecordedApi();

test.each([
  ['list.stdout', ['list', '--json']],
  ['show-failed.stdout', ['show', 'demo-3', '--json']],
  ['show-running.stdout', ['show', 'demo-5', '--json']],
])('the JSON in %s is what the Python client prints, and keys of our own follow in each build', async (file, args) => {
  const { code, stdout, stderr } = await api.run(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.replaceAll(/,\n *"resolved_ref": "[^"]*",\n *"resolved_commit": "[^"]*"/g, '')).toBe(recorded(file));
  const { build, builds = [build] } = JSON.parse(stdout);
  for (const shown of builds) {
    const { resolved_ref = 'N/A' } = responses.builds.find(({ build_id }) => build_id === shown.build_id) ?? {};
    expect(shown).toMatchObject({ resolved_ref, resolved_commit: resolved_ref });
  }
});

test.each([
  ['quota.stdout', ['quota', '--json']],
  ['clean.stdout', ['clean', '-y', '--json']],
  ['start-detached.stdout', ['start', 'https://example.org/repo.git', '-D', '--json']],
])('the JSON in %s is byte for byte what the Python client prints', async (file, args) => {
  expect(await api.run(args)).toEqual({ code: 0, stdout: recorded(file), stderr: '' });
});

test.each([{}, { FORCE_COLOR: '1' }])('show prints lines that scripts search, with %j', async (colours) => {
  const { stdout } = await api.run(['show', 'demo-4'], colours);
  for (const text of [
    'Status: ok',
    'Build ID: demo-4',
    'Start Time: 2026-',
    'Ref: main',
    'Destination Image: registry',
  ])
    expect(stdout).toContain(text);
});

test('show prints one field a line, and a message of several lines', async () => {
  const { stdout } = await api.run(['show', 'demo-3']);
  expect(stdout).toContain('Status: error\nMessage: step build: exit code 1\n    naïve');
  expect(stdout).toContain('Commit: 0123456789012345678901234567890123456789\nEnvvars: N/A\n');
  expect(stdout).toContain('Log: truncated');
  for (const control of ['\u001b', '\u009b', '\u2028']) expect(stdout).not.toContain(control);
  expect((await api.run(['show', 'demo-5'])).stdout).toContain('Envvars: AAA=1\n    BBB=x=y\n');
});

test('show prints the commit of an annotated tag, and as JSON also the hash of the tag', async () => {
  const [resolved_ref, resolved_commit] = ['a'.repeat(40), 'c'.repeat(40)];
  const tagged = await serve((_, response) =>
    json(response, 200, { build: { ...build(2), resolved_ref, resolved_commit } }),
  );
  const taggedApi = { TOOL_TOOLFORGE_API_URL: tagged.url };
  expect((await api.run(['show'], taggedApi)).stdout).toContain(`\nCommit: ${resolved_commit}\n`);
  const { stdout } = await api.run(['show', '--json'], taggedApi);
  await tagged.close();
  expect(JSON.parse(stdout).build).toMatchObject({ resolved_ref, resolved_commit });
});

test('show without an id prints the newest build', async () => {
  const { stdout, requests } = await api.requestsOf(['show']);
  expect(requests).toEqual(['GET /builds/v1/tool/demo/builds/latest']);
  expect(stdout).toContain('pending (#2 in queue)');
});

test('quota prints each value after its name, on a line of its own', async () => {
  const { stdout } = await api.run(['quota']);
  expect(stdout).toMatch(
    /^Registry: Storage\nLimit +1\.00Gi\nUsed +960\.00Mi\nAvailable +64\.00Mi\nCapacity +94%\n\nBuilds: Running\nLimit +4\n/,
  );
  const { stdout: coloured } = await api.run(['quota'], { FORCE_COLOR: '1' });
  expect(coloured).toContain('\u001b[31mCapacity     94%\u001b[0m');
});

test('start sends the values of its options and an Idempotency-Key', async () => {
  const options = [
    '--ref',
    'v1',
    '-i',
    'web',
    '-e',
    'AAA=1',
    '-e',
    'BBB=x=y',
    '-e',
    'CCC=',
    '-e',
    'DDD',
    '-L',
    '--use-deprecated-versions',
  ];
  const { stdout, stderr, requests } = await api.requestsOf([
    'start',
    'https://example.org/repo.git',
    ...options,
    '-D',
  ]);
  expect(requests).toEqual(['POST /builds/v1/tool/demo/builds']);
  const sent = api.requests()[0];
  expect(JSON.parse(sent?.body ?? '')).toEqual({
    source_url: 'https://example.org/repo.git',
    ref: 'v1',
    image_name: 'web',
    envvars: { AAA: '1', BBB: 'x=y', CCC: '', DDD: 'DDD' },
    use_latest_versions: true,
    use_deprecated_versions: true,
  });
  expect(sent?.headers).toMatchObject({
    'content-type': 'application/json',
    authorization: 'Bearer secret',
    'idempotency-key': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'user-agent': expect.stringMatching(/^toolforge-build\//),
  });
  expect(stdout).toContain("Building 'https://example.org/repo.git', build name is 'demo-7'");
  expect(stderr).toBe('a piece of information\nWarning: a warning\n');
});

test('start with only a URL sends only the URL', async () => {
  await api.requestsOf(['start', 'https://example.org/repo.git', '-D']);
  expect(JSON.parse(api.requests()[0]?.body ?? '')).toEqual({ source_url: 'https://example.org/repo.git' });
});

test.each(['', '=1'])('start refuses the environment variable "%s", which has no name', async (pair) => {
  const finished = await api.requestsOf(['start', 'https://example.org/repo.git', '-D', '-e', pair]);
  expect(finished).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('-e takes NAME=value or NAME'),
    requests: [],
  });
});

test('_commands prints the names of the commands for the launcher, without any setting', async () => {
  const { code, stdout, stderr } = await api.runAlone(['_commands'], { TOOLFORGE_TOKEN: '', TOOLFORGE_TOOL: '' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const names = stdout.trimEnd().split('\n');
  expect(names).toEqual(
    expect.arrayContaining(['cancel', 'clean', 'delete', 'list', 'logs', 'quota', 'show', 'start']),
  );
  expect(names).not.toContain('_commands');
  for (const words of [['--help'], ['completion', 'bash'], ['completion', 'zsh'], ['completion', 'fish']])
    expect((await api.runAlone(words)).stdout).not.toContain('_commands');
});

test('the variables of the launcher are like --verbose and --debug', async () => {
  for (const name of ['TOOLFORGE_VERBOSE', 'TOOLFORGE_DEBUG']) {
    expect((await api.run(['list'], { [name]: '1' })).stderr).toContain('/builds → 200');
    expect((await api.run(['list'], { [name]: '0' })).stderr).toBe('');
  }
});

test('wait polls until the build has ended, and ends with exit code 1 for a failed build', async () => {
  let polls = 0;
  const waiting = await serve((_, response) => {
    polls += 1;
    json(response, 200, { messages: noMessages, build: { ...build(polls === 1 ? 1 : 3), build_id: 'demo-3' } });
  });
  const { code, stderr } = await api.run(['wait', 'demo-3'], { TOOL_TOOLFORGE_API_URL: waiting.url });
  expect(code).toBe(1);
  expect(stderr).toContain('demo-3 is running');
  expect(stderr).toContain('Error: Build demo-3 failed\n  step build: exit code 1');
  await waiting.close();
});

test('--verbose and --debug print the requests and never the token', async () => {
  const { stderr } = await api.run(['-v', 'list']);
  expect(stderr).toMatch(/GET http:\/\/localhost:\d+\/builds\/v1\/tool\/demo\/builds → 200/);
  expect((await api.run(['list', '-d'])).stderr).not.toContain('secret');
});

test('--tool is preferred to TOOLFORGE_TOOL', async () => {
  const { requests, code } = await api.requestsOf(['--tool', 'other', 'list']);
  expect(requests).toEqual(['GET /builds/v1/tool/other/builds']);
  expect(code).toBe(3);
});
