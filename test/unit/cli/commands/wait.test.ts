import { expect, test } from '@jest/globals';
import { useRecordedApi } from '../fake-api.ts';
import { serve } from '../support.ts';

const api = useRecordedApi();

test('wait --timeout ends with exit code 124 while the build goes on', async () => {
  const { code, stderr } = await api.run(['wait', 'demo-5', '--timeout', '1s']);
  expect(code).toBe(124);
  expect(stderr).toBe(
    'demo-5 is running\nError: The build demo-5 has not ended within 1 s.\nThe build continues. Wait again: toolforge-build wait demo-5\n',
  );
});

test('wait --timeout limits the search for the build too', async () => {
  const silent = await serve(() => undefined);
  const env = { TOOL_TOOLFORGE_API_URL: silent.url };
  for (const name of ['latest', '@2']) {
    expect(await api.run(['wait', name, '--timeout', '1s'], env)).toEqual({
      code: 124,
      stdout: '',
      stderr: 'Error: The service has not answered within 1 s.\nTry again, with a longer --timeout.\n',
    });
  }
  await silent.close();
});

test('wait --timeout ends as without the option when the build has ended in time', async () => {
  expect((await api.run(['wait', 'demo-4', '--timeout', '10m'])).code).toBe(0);
  expect((await api.run(['wait', 'demo-3', '--timeout', '24d'])).code).toBe(1);
});

test.each(['', '0', 'soon', '1w', '25d', '-5s'])('wait refuses --timeout=%s before any request', async (value) => {
  const finished = await api.requestsOf(['wait', 'demo-4', `--timeout=${value}`]);
  expect(finished).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--timeout takes a duration of up to 24 days'),
    requests: [],
  });
});
