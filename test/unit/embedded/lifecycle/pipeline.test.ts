import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Manifest, readIndex, readJson } from '../../../../embedded/image/layout.ts';
import { runImage } from '../../../../embedded/image/run.ts';
import { stepEnvironment } from '../../../../embedded/lifecycle/environment.ts';
import { buildpacksPipeline } from '../../../../embedded/lifecycle/pipeline.ts';
import { type GitServer, serveGit } from '../../../../local/git-server.ts';
import { type BuildOptions, runBuild, runProgram, temporaryFolder } from './pipeline-run.ts';

const root = join(import.meta.dirname, '../../../..');
const example = (name: string) => join(root, 'examples', name);
const fixture = (name: string) => join(root, 'test/fixtures/lifecycle', name);
const names = ['node', 'python', 'static', 'procfile'];
const broken = ['nothing', 'bad-procfile', 'failing-build', 'layers'];

let git: GitServer;
let data: string;

beforeAll(async () => {
  const examples = names.map((name) => [name, example(name)]);
  const fixtures = broken.map((name) => [name, fixture(name)]);
  data = await temporaryFolder();
  // The test writes a broken package.json itself, because development tools would read and refuse a broken file among
  // the fixtures.
  const badJson = join(data, 'bad-json');
  await mkdir(badJson);
  await writeFile(join(badJson, 'package.json'), '{ "name": "x", }');
  git = await serveGit({ repositories: { ...Object.fromEntries([...examples, ...fixtures]), 'bad-json': badJson } });
}, 60_000);

afterAll(async () => {
  await git.close();
  await rm(data, { recursive: true, force: true });
});

type More = Partial<Pick<BuildOptions, 'image' | 'limitBytes' | 'ref' | 'runImage' | 'variables'>>;

const build = (name: string, more: More = {}) => {
  const image = `registry.example.org/tool-x/${name}:latest`;
  return runBuild({ data, url: `${git.url}/${name}.git`, commit: git.commits[name] ?? '', image, ...more });
};

const built = new Map<string, ReturnType<typeof build>>();
/** Builds each example only once, for all tests that only read the image of the example. */
const builtExample = (name: string) => {
  const run = built.get(name) ?? build(name);
  built.set(name, run);
  return run;
};

describe.each([
  ['node', 'Hello from Node.js'],
  ['python', 'Hello from Python'],
  ['static', 'Hello from a static site'],
  ['procfile', 'Hello from a Procfile'],
])('the example %s', (name, greeting) => {
  test('the example is built into an image whose process responds', async () => {
    const first = await builtExample(name);
    expect(first.failed?.output).toBeUndefined();
    expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(first.steps.at(-1)?.results.APP_IMAGE_URL).toBe(`registry.example.org/tool-x/${name}:latest`);
    const image = `tool-x/${name}@${first.digest}`;
    // The interpreter of Python may be one of pyenv.
    const machine = stepEnvironment(process.env);
    const running = await runImage({ imagesFolder: join(data, 'images'), image, machine });
    try {
      expect(await (await fetch(running.url)).text()).toContain(greeting);
    } finally {
      await running.stop();
    }
  }, 60_000);
});

test.each(names)(
  'the same commit of %s gives the same image',
  async (name) => {
    expect((await build(name)).digest).toBe((await builtExample(name)).digest);
  },
  60_000,
);

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;

(hasSkopeo ? test : test.skip)(
  'skopeo accepts the layout and copies it',
  async () => {
    await builtExample('node');
    const layout = `oci:${join(data, 'images/tool-x/node')}:latest`;
    const inspected = await runProgram(['skopeo', 'inspect', layout]);
    expect(inspected.exitCode).toBe(0);
    const copy = await temporaryFolder();
    expect(await runProgram(['skopeo', 'copy', '--quiet', layout, `dir:${copy}`])).toMatchObject({ exitCode: 0 });
    await rm(copy, { recursive: true });
  },
  60_000,
);

test('a process type other than the default can be started', async () => {
  await builtExample('procfile');
  const options = { imagesFolder: join(data, 'images'), image: 'tool-x/procfile', process: 'worker', timeoutMs: 500 };
  await expect(runImage(options)).rejects.toThrow(/Nothing listens[\s\S]*Working at/);
}, 60_000);

test('detection prints the buildpacks that it has chosen, and every result where no group fits', async () => {
  const detection = async (name: string) => (await build(name)).steps.find((step) => step.name === 'detect')?.output;
  const chosen = await detection('failing-build');
  expect(chosen).toMatch(/\d of \d buildpacks participating\n.*toolforge\/node 0\.1\.0/);
  expect(chosen).not.toMatch(/Results|python|skip|fail/);
  expect(await detection('nothing')).toMatch(/= Results =[\s\S]*fail: toolforge\/node[\s\S]*fail: toolforge\/python/);
}, 60_000);

describe('a failed build gives a reason', () => {
  test.each([
    ['nothing', 'detect', 20, 'No buildpack recognises this repository'],
    ['bad-json', 'build', 51, "package.json can't be read"],
    ['bad-procfile', 'build', 51, 'Procfile, line 2'],
    ['failing-build', 'build', 51, 'a reason worth reading'],
  ])(
    'a build of %s fails in step %s with exit code %i',
    async (name, step, exitCode, reason) => {
      const { failed } = await build(name);
      expect(failed).toMatchObject({ name: step, exitCode });
      expect(failed?.results.failure).toContain(reason);
      expect(Buffer.byteLength(failed?.results.failure ?? '')).toBeLessThanOrEqual(1000);
    },
    30_000,
  );

  test('a build with a missing run image fails and names the image', async () => {
    const { failed } = await build('node', { runImage: 'registry.example.org/none:latest' });
    expect(failed).toMatchObject({ name: 'export', exitCode: 3 });
    expect(failed?.results.failure).toContain('There is no run image "registry.example.org/none:latest"');
  }, 30_000);

  test('a build with a variable without a name fails', async () => {
    const { failed } = await build('node', { variables: ['=x'] });
    expect(failed).toMatchObject({ name: 'detect', exitCode: 3 });
  }, 30_000);
});

test("bin/build gets the user's variables unchanged, and the unpacked image has the layers' paths", async () => {
  const value = `it's "quoted" $(params.SOURCE_URL) \n --second`;
  const { failed } = await build('layers', { variables: [`GREETING=${value}`] });
  expect(failed?.output).toBeUndefined();
  const running = await runImage({
    imagesFolder: join(data, 'images'),
    image: 'tool-x/layers',
    env: { FROM_RUN: '1' },
  });
  try {
    const answer = (await (await fetch(running.url)).json()) as Record<string, string>;
    expect(answer.greeting).toBe(value);
    expect(answer.app).toMatch(/\/workspace$/);
    expect(answer.nodeEnvironment).toBe('production');
    expect(answer.fromRun).toBe('1');
  } finally {
    await running.stop();
  }
}, 60_000);

const layersOf = async (name: string): Promise<string[]> => {
  const layout = join(data, 'images/tool-x', name);
  const digest = (await readIndex(layout))?.manifests[0]?.digest ?? '';
  return (await readJson<Manifest>(layout, digest)).layers.map((layer) => layer.digest);
};

test("an image on a base image has the base's layers first and keeps its variables", async () => {
  const base = await builtExample('static');
  const { failed } = await build('node', { runImage: 'tool-x/static:latest' });
  expect(failed).toBeUndefined();
  const [own, below] = await Promise.all(['node', 'static'].map(layersOf));
  expect(below?.length).toBeGreaterThan(0);
  expect(own?.slice(0, below?.length)).toEqual(below);
  expect(base.failed).toBeUndefined();
}, 60_000);

test('an image that exceeds the limit of storage is refused in the words of Harbor, and leaves nothing', async () => {
  const image = 'registry.example.org/tool-full/web:latest';
  const { failed, digest } = await build('static', { image, limitBytes: 100 });
  expect([failed?.name, failed?.exitCode, digest]).toEqual(['export', 62, '']);
  expect(failed?.results.failure).toMatch(
    /\[exporter\] ERROR: DENIED: adding .* will exceed the configured upper limit of 100 B\.$/,
  );
  expect(await readIndex(join(data, 'images/tool-full/web'))).toBeUndefined();
}, 60_000);

test('the pipeline passes values as separate arguments and takes its results from steps', () => {
  const submodules = { allowHttp: false, allowedAddresses: '10.1.0.0/16' };
  const options = {
    namespace: 'n',
    node: 'node',
    imagesFolder: '/i',
    cacheFolder: '/c',
    builderImage: 'b',
    submodules,
  };
  const text = JSON.stringify(buildpacksPipeline(options));
  expect(text).not.toContain('script');
  expect(text).toContain('$(steps.export.results.APP_IMAGE_DIGEST)');
  expect(buildpacksPipeline(options)).toMatchObject({
    kind: 'Pipeline',
    metadata: { name: 'toolforge-builds', namespace: 'n' },
  });
});

test('order.toml names existing buildpacks', async () => {
  const order = await readFile(join(root, 'buildpacks/order.toml'), 'utf8');
  for (const name of [...names, 'start']) expect(order).toContain(`toolforge/${name}`);
});
