import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Build, build } from './builds.ts';
import { installPipeline, makeNamespace, type Namespace } from './cluster.ts';
import { type Files, type GitServer, startGitServer } from './git-pod.ts';
import { pageOf } from './image-pod.ts';
import { imageName, readConfig, readManifest, removeImage } from './registry.ts';

const path = `pipeline-test/${randomBytes(4).toString('hex')}/builders`;
const { BUILDER_HEROKU, RUN_HEROKU, BUILDER_OLD, RUN_OLD } = process.env;

/** Builders of others, with the settings of the chart for them. test/e2e/builders makes the images. */
const builders = [
  {
    name: 'of the shape of heroku/builder:24',
    images: { builderImage: BUILDER_HEROKU, runImage: RUN_HEROKU },
    pipeline: 'toolforge-builds-latest',
    settings: { user: 1000, group: 1000, home: '/home/heroku' },
    api: '0.14',
    hasCache: true,
  },
  {
    name: 'with an old lifecycle, and without a cache',
    images: { builderImage: BUILDER_OLD, runImage: RUN_OLD },
    pipeline: 'toolforge-builds-deprecated',
    settings: { user: 1000, group: 1000, home: '/tekton/home', cache: 'none' },
    api: '0.12',
    hasCache: false,
  },
] as const;

/** A user of a tool, and the groups with which tools run. */
const users = [0, 52345].map((runAsGroup) => ({ runAsUser: 52345, runAsGroup }));

/** A project that tells in its log how it is built, and on its page how it runs, and writes in both. */
const project: Files = {
  'package.json': JSON.stringify({ name: 'x', scripts: { build: 'node build.mjs', start: 'node server.mjs' } }),
  'build.mjs': `import { execSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const { HOME: home } = process.env;
writeFileSync(home + '/file', '');
const [user, group, folder] = [process.getuid(), process.getgid(), process.cwd()];
writeFileSync('built.txt', 'built', { mode: 0o600 });
console.log('facts', JSON.stringify({ user, group, home, folder, commit: execSync('git rev-parse HEAD').toString().trim() }));
`,
  'server.mjs': `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const folder = import.meta.dirname;
appendFileSync(folder + '/built.txt', ', and changed');
writeFileSync(folder + '/new.txt', 'new');
const built = readFileSync(folder + '/built.txt', 'utf8');
const page = JSON.stringify({ user: process.getuid(), group: process.getgid(), folder, built });
createServer((_, response) => response.end(page)).listen(process.env.PORT);
`,
};

let namespace: Namespace;
let git: GitServer;
let source: { url: string; commit: string };
/** The builds with each builder, and one with the settings of another. They run at once, since they mostly wait. */
let runs: Promise<Build>[];

const tagOf = (index: number): string => String(index + 1);

const startBuild = ({ images }: (typeof builders)[number], tag: string, pipeline?: string): Promise<Build> => {
  const { builderImage = '', runImage = '' } = images;
  const request = { ...source, image: imageName(`${path}-${tag}:latest`), builderImage, runImage };
  const run = build(namespace, pipeline === undefined ? request : { ...request, pipeline });
  // A test awaits the build later. Until then a failure must not end the process.
  run.catch(() => {});
  return run;
};

(BUILDER_HEROKU && BUILDER_OLD ? describe : describe.skip)('the pipeline with builders of others', () => {
  beforeAll(async () => {
    namespace = await makeNamespace();
    const [latest, deprecated] = builders.map(({ settings }) => settings);
    await installPipeline(namespace, { latest, deprecated });
    git = await startGitServer(namespace);
    source = await git.commit('project', project);
    runs = [
      ...builders.map((builder, index) => startBuild(builder, tagOf(index), builder.pipeline)),
      startBuild(builders[0], 'refused'),
    ];
  });
  afterAll(async () => {
    for (const [index] of builders.entries())
      for (const tag of ['latest', 'build-cache']) await removeImage(`${path}-${tagOf(index)}`, tag);
    await namespace?.remove();
  });

  test.each([...builders.entries()])('builder %i builds what a tool can run and change', async (index, builder) => {
    const run = (await runs[index]) as Build;
    expect(run.failed).toBeUndefined();
    const [, facts = ''] = /^.*facts (\{.*\})$/m.exec(await run.log('build')) ?? [];
    const { user, group, home } = builder.settings;
    expect(JSON.parse(facts)).toEqual({ user, group, home, folder: '/workspace', commit: source.commit });
    const repository = `${path}-${tagOf(index)}`;
    const { config } = await readConfig(repository, await readManifest(repository, 'latest'));
    expect(config.Env).toContain(`CNB_PLATFORM_API=${builder.api}`);
    const cache = await readManifest(repository, 'build-cache').catch(() => undefined);
    expect(cache !== undefined).toBe(builder.hasCache);
  });

  test.each([...builders.entries()])('an image of builder %i writes beside its code under any user', async (index) => {
    await runs[index];
    const image = imageName(`${path}-${tagOf(index)}:latest`);
    const pages = users.map((user) => pageOf(namespace, git, `run-${index}-${user.runAsGroup}`, image, user));
    const expected = { folder: '/workspace', built: 'built, and changed' };
    expect((await Promise.all(pages)).map((page) => JSON.parse(page))).toEqual(
      users.map(({ runAsUser, runAsGroup }) => ({ user: runAsUser, group: runAsGroup, ...expected })),
    );
  });

  test('a builder of another user than that of the settings fails at once, and the message says both', async () => {
    const run = await runs.at(-1);
    expect(run?.failed).toMatchObject({ step: 'clone', exitCode: 80 });
    expect(run?.failed?.message).toContain('1000:1000 (CNB_USER_ID, CNB_GROUP_ID), and the build runs as 1001:1000');
  });
});
