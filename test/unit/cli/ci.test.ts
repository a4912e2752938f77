import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import {
  beginLog,
  build,
  bundle,
  end,
  folder,
  json,
  line,
  ndjson,
  noMessages,
  type Received,
  remove,
  serve,
  startedAs,
  startProcess,
  type TestServer,
} from './support.ts';

const examples = join(import.meta.dirname, '../../../examples/ci');
type Recipe = { script: string; env: Record<string, string> };

let home: string;
let api: TestServer;
let status: string;

const tokenRequest = 'Bearer of-the-runner';

/**
 * Serves an API with one build, which ends with the status in `status`, and the endpoint where GitHub Actions gives
 * tokens to jobs.
 */
const handle = (request: Received, response: Parameters<Parameters<typeof serve>[0]>[1]): void => {
  if (request.path === '/id-token') {
    const granted = request.headers.authorization === tokenRequest && request.query.get('audience') === 'builds-api';
    json(response, granted ? 200 : 403, { value: 'a.job.token' });
  } else if (request.path.endsWith('/logs')) beginLog(response).end(ndjson([line(1), end(status)]));
  else if (request.method === 'POST') json(response, 200, startedAs(build(2).build_id));
  else json(response, 200, { messages: noMessages, build: { ...build(2), status } });
};

const program = (name: string, text: string): void => {
  writeFileSync(join(home, 'bin', name), text);
  chmodSync(join(home, 'bin', name), 0o755);
};

beforeAll(async () => {
  home = folder();
  mkdirSync(join(home, 'bin'));
  program('toolforge-build', `#!/bin/sh\nexec '${process.execPath}' '${bundle(home)}' "$@"\n`);
  program('npm', '#!/bin/sh\n[ "$*" = "install --global package.tgz" ]\n');
  program('jq', `#!/bin/sh\nexec '${process.execPath}' -p 'JSON.parse(require("fs").readFileSync(0)).value'\n`);
  api = await serve(handle);
});
afterAll(async () => {
  await api.close();
  remove(home);
});

type GitLab = { 'build-image': { script: string[]; variables: Record<string, string>; id_tokens: object } };
type GitHub = {
  permissions: Record<string, string>;
  jobs: { 'build-image': { env: Record<string, string>; steps: { run: string }[] } };
};
const read = (name: string) => load(readFileSync(join(examples, name), 'utf8'));

const gitlab = (): Recipe => {
  const { script, id_tokens } = (read('gitlab-ci.yml') as GitLab)['build-image'];
  expect(id_tokens).toEqual({ TOOLFORGE_TOKEN: { aud: 'builds-api' } });
  const env = {
    TOOLFORGE_TOKEN: 'a.job.token',
    CI_PROJECT_URL: 'https://gitlab.example.org/demo',
    CI_COMMIT_SHA: 'abc',
  };
  return { script: script.join('\n'), env };
};

const github = (): Recipe => {
  const { permissions, jobs } = read('github-actions.yml') as GitHub;
  expect(permissions['id-token']).toBe('write');
  const { env, steps } = jobs['build-image'];
  return {
    script: steps.map(({ run }) => run).join('\n'),
    env: {
      TOOLFORGE_TOKEN_COMMAND: env.TOOLFORGE_TOKEN_COMMAND ?? '',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: tokenRequest.replace('Bearer ', ''),
      ACTIONS_ID_TOKEN_REQUEST_URL: `${api.url}/id-token?api-version=1`,
      GITHUB_SERVER_URL: 'https://github.example.org',
      GITHUB_REPOSITORY: 'demo/demo',
      GITHUB_SHA: 'abc',
    },
  };
};

const runRecipe = ({ script, env }: Recipe) =>
  startProcess('bash', ['-e', '-c', script], {
    PATH: `${join(home, 'bin')}:${process.env.PATH}`,
    HOME: home,
    TOOL_TOOLFORGE_API_URL: api.url,
    TOOLFORGE_TOOL: 'demo',
    TOOLFORGE_BUILD_PACKAGE: 'package.tgz',
    ...env,
  }).finished;

describe.each([
  ['GitLab', gitlab],
  ['GitHub', github],
])('the CI recipe for %s', (_, recipe) => {
  test.each([
    ['BUILD_SUCCESS', 0],
    ['BUILD_FAILURE', 1],
    ['BUILD_TIMEOUT', 1],
  ])('starts a build as the job, and ends after %s with exit code %i', async (ending, code) => {
    status = ending;
    api.requests.length = 0;
    const finished = await runRecipe(recipe());
    expect({ code: finished.code, stderr: finished.stderr }).toEqual({ code, stderr: expect.any(String) });
    const started = api.requests.find(({ method }) => method === 'POST');
    expect(started?.headers.authorization).toBe('Bearer a.job.token');
    expect(JSON.parse(started?.body ?? '{}')).toMatchObject({
      source_url: expect.stringContaining('demo.git'),
      ref: 'abc',
    });
  });

  test('ends before it installs anything if nobody said where the package is', async () => {
    const { script, env } = recipe();
    const finished = await runRecipe({ script, env: { ...env, TOOLFORGE_BUILD_PACKAGE: '' } });
    expect(finished.code).not.toBe(0);
    expect(finished.stderr).toContain('TOOLFORGE_BUILD_PACKAGE: Set it to the address of the package');
  });
});

test.each([
  ['exit 3', 'failed'],
  ['echo', 'printed no token'],
  ['echo a b', 'printed no token'],
])('the TOOLFORGE_TOKEN_COMMAND "%s" ends with exit code 2 and the words "%s"', async (command, sentence) => {
  const recipe = { script: 'toolforge-build list', env: { TOOLFORGE_TOKEN_COMMAND: command } };
  expect(await runRecipe(recipe)).toMatchObject({ code: 2, stderr: expect.stringContaining(sentence) });
});
