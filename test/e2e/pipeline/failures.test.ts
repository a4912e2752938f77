import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Build, type BuildRequest, build } from './builds.ts';
import { installPipeline, makeNamespace, type Namespace, setting, waitTimeout } from './cluster.ts';
import { example, type Files, type GitServer, startGitServer } from './git-pod.ts';
import { imageName, removeImage } from './registry.ts';

const path = `pipeline-test/${randomBytes(4).toString('hex')}/failures`;
const image = imageName(`${path}:latest`);
let namespace: Namespace;
let git: GitServer;
let source: { url: string; commit: string };

const run = (request: Partial<BuildRequest>): Promise<Build> => build(namespace, { ...source, image, ...request });
const buildOf = async (name: string, files: Files) => run(await git.commit(name, files));

/** Returns the files of a Node.js project whose build script runs the given program. */
const project = (program: string): Files => ({
  'package.json': JSON.stringify({ name: 'project', scripts: { build: 'node build.mjs', start: 'node build.mjs' } }),
  'build.mjs': program,
});

beforeAll(async () => {
  namespace = await makeNamespace();
  await installPipeline(namespace);
  git = await startGitServer(namespace);
  source = await git.commit('static', await example('static'));
});

afterAll(async () => {
  for (const tag of ['latest', 'build-cache']) await removeImage(path, tag);
  await namespace?.remove();
});

const absent = '0123456789abcdef0123456789abcdef01234567';

type Pipeline = { spec: { tasks: { taskSpec: { volumes: { name: string; configMap?: { name: string } }[] } }[] } };

/** Starts a pod in which tests run the script of the step clone. One pod for all cases saves most of their time. */
const startClonePod = async (): Promise<void> => {
  const { spec } = await namespace.get<Pipeline>('pipeline', 'toolforge-builds');
  const steps = spec.tasks[0]?.taskSpec.volumes.find(({ name }) => name === 'steps');
  const container = {
    name: 'clone',
    image: setting('BUILDER'),
    command: ['sleep', 'infinity'],
    volumeMounts: [{ name: 'steps', mountPath: '/steps', readOnly: true }],
  };
  await namespace.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'clone' },
    spec: { terminationGracePeriodSeconds: 0, containers: [container], volumes: [steps] },
  });
  await namespace.kubectl(['wait', '--for=condition=Ready', 'pod/clone', waitTimeout]);
};

/** Runs the script of the step clone. @returns its exit code, and the result `failure` that it writes */
const clone = async (url: string, commit: string): Promise<{ exitCode: number; message: string }> => {
  const script = `rm -rf /tmp/failure /tmp/app
    /bin/bash /steps/run-phase.sh /tmp/failure /bin/bash /steps/clone.sh "$@" main /tmp/app >/dev/null
    echo $?
    cat /tmp/failure`;
  const output = await namespace.kubectl(['exec', 'clone', '--', 'bash', '-c', script, 'clone', url, commit]);
  const [exitCode, ...lines] = output.split('\n');
  return { exitCode: Number(exitCode), message: lines.join('\n') };
};

describe('the step clone', () => {
  const cases: [name: string, source: () => { url?: string; commit?: string }, words: string][] = [
    ['something else than a hash', () => ({ commit: 'main' }), '"main" is no commit\'s hash'],
    ['an option instead of a hash', () => ({ commit: '--upload-pack=id' }), "is no commit's hash"],
    ['no repository', () => ({ url: git.url('nothing') }), 'There is no repository at this address'],
    [
      'a redirect',
      () => ({ url: git.url('static').replace('.svc/', '.svc/redirect/') }),
      'The address redirects elsewhere',
    ],
    ['a folder of the machine', () => ({ url: 'file:///repositories/static.git' }), 'Only http and https addresses'],
    ['a program as address', () => ({ url: 'ext::sh -c id' }), 'Only http and https addresses'],
    ['an option as address', () => ({ url: '--upload-pack=id' }), 'Only http and https addresses'],
    ['an unknown host', () => ({ url: 'http://nobody.invalid/a.git' }), "host name doesn't exist"],
  ];

  beforeAll(startClonePod);

  test.each(cases)('the step clone ends with exit code 128 and the reason for %s', async (_name, changed, words) => {
    const { url, commit } = { ...source, ...changed() };
    expect(await clone(url, commit)).toEqual({ exitCode: 128, message: expect.stringContaining(words) });
  });

  test('a build of a missing commit ends with exit code 128 and the reason', async () => {
    expect((await run({ commit: absent })).failed).toEqual({
      step: 'clone',
      exitCode: 128,
      message: expect.stringContaining(`The commit ${absent} can't be found in main`),
    });
  });

  test('the step clone fetches the branch with its history from a server that gives out no commit by its hash', async () => {
    const first = await git.commit('old', await example('static'));
    await git.amend('old', { ...(await example('static')), 'more.txt': 'more' });
    const run = await build(namespace, { ...first, url: first.url.replace('.svc/', '.svc/old/'), image });
    expect(run.failed).toBeUndefined();
    const log = await run.log('clone');
    expect(log).toContain('fetching the branch or tag instead');
    expect(log).toMatch(new RegExp(`Commit ${first.commit}: \\d+ files`));
  });

  test('a repository with a submodule and a symbolic link to /etc/passwd is built', async () => {
    const files = { ...(await example('static')), '.gitmodules': '[submodule "a"]\n\tpath = a\n\turl = ext::id\n' };
    const { failed } = await buildOf('modules', { ...files, link: '-> /etc/passwd' });
    expect(failed).toBeUndefined();
  });
});

describe('the step detect', () => {
  test('the step detect ends with exit code 20 where no buildpack recognises the repository', async () => {
    const { failed } = await buildOf('nothing-to-detect', { 'README.txt': 'Nothing to build.' });
    expect(failed).toMatchObject({ step: 'detect', exitCode: 20 });
    expect(failed?.message).toContain('No buildpack recognises this repository');
  });

  test('the step detect refuses a variable with an invalid name', async () => {
    const { failed } = await run({ variables: ['../../x=1'] });
    expect(failed).toMatchObject({ step: 'detect', exitCode: 3, message: expect.stringContaining('"../../x" can\'t') });
  });
});

describe('the step build', () => {
  test('a failing build script ends with exit code 51 and its last lines', async () => {
    const { failed } = await buildOf('failing', project("console.log('the reason'); process.exit(7);"));
    expect(failed).toMatchObject({ step: 'build', exitCode: 51, message: expect.stringContaining('the reason') });
  });

  test('the last bytes of any output are valid text of at most 1,000 bytes', async () => {
    const program = `
      const noise = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));
      process.stdout.write(noise);
      process.stdout.write('<&>"'.repeat(400));
      process.exitCode = 1;`;
    const { failed } = await buildOf('noise', project(program));
    expect(failed).toMatchObject({ step: 'build', exitCode: 51 });
    expect(failed?.message).not.toBe('');
    expect(Buffer.byteLength(failed?.message ?? '')).toBeLessThanOrEqual(1000);
  });

  test('a background process with closed output does not delay the end of the build', async () => {
    const program = `import { spawn } from 'node:child_process';
      spawn('sleep', ['3600'], { stdio: 'ignore', detached: true }).unref();`;
    expect((await buildOf('left-behind', project(program))).failed).toBeUndefined();
  });
});

describe('mistakes that an operator must fix', () => {
  test('an unknown run image fails in the step analyze', async () => {
    const { failed } = await run({ runImage: `${setting('RUNNER').replace(/[:@][^/]*$/, '')}-unknown:1` });
    expect(failed).toMatchObject({
      step: 'analyze',
      exitCode: 79,
      message: expect.stringContaining("can't be read: an operator must"),
    });
  });

  test('a registry that does not respond fails in the step analyze', async () => {
    expect((await run({ image: '127.0.0.1:9/tool/web:latest' })).failed).toMatchObject({
      step: 'analyze',
      exitCode: 1,
    });
  });

  test('missing credentials fail in the step analyze at once', async () => {
    const other = await makeNamespace();
    try {
      await installPipeline(other);
      await other.kubectl(['delete', 'secret', 'registry-credentials']);
      const { failed } = await build(other, { ...source, image });
      expect(failed).toMatchObject({
        step: 'analyze',
        exitCode: 78,
        message: expect.stringContaining('the Secret registry-credentials'),
      });
    } finally {
      await other.remove();
    }
  });
});
