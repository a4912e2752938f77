import { expect, test } from '@jest/globals';
import { useFakeApi } from '../fake-api.ts';
import { beginLog, end, line, ndjson } from '../support.ts';

const api = useFakeApi();

/** Runs `toolforge-build` against an API whose build is running, and whose log has the given events. */
const run = async (args: string[], events: object[]) =>
  api.run(args, await api.against((_, response) => void beginLog(response).end(ndjson(events))));

const soFar = { ...end('BUILD_RUNNING'), log: 'live' };

test('logs of a running build says that the log goes on, and how to follow it', async () => {
  expect(await run(['logs', 'demo-5'], [line(1), soFar])).toEqual({
    code: 0,
    stdout: '[step-build] line 1\n',
    stderr: 'The build goes on, and so does its log. Follow it: toolforge-build logs -f demo-5\n',
  });
});

test('logs -f --lines ends after that many lines of a running build', async () => {
  const events = [line(1), line(2), { ...soFar, limited: true }];
  expect(await run(['logs', '-f', '--lines', '2', 'demo-5'], events)).toEqual({
    code: 0,
    stdout: '[step-build] line 1\n[step-build] line 2\n',
    stderr: '',
  });
  expect(api.requests()).toHaveLength(1);
});

test('logs prints each state of an unfinished line where the output is no terminal, and passes it on with --json', async () => {
  const partial = { type: 'partial', step: 'build', time: line(1).time, line: '10%' };
  const events = [partial, line(1, '100%'), end()];
  expect((await run(['logs', '-f', 'demo-5'], events)).stdout).toBe('[step-build] 10%\n[step-build] 100%\n');
  const { stdout } = await run(['logs', '-f', '--json', 'demo-5'], events);
  expect(JSON.parse(stdout.split('\n')[0] ?? '')).toEqual(partial);
});

test('logs --notify without -f is refused before any request', async () => {
  expect(await run(['logs', 'demo-5', '--notify'], [end()])).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('--notify needs -f'),
  });
  expect(api.requests()).toEqual([]);
});
