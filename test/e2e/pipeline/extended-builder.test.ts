import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { aptPage, aptProject } from './apt-project.ts';
import { type Build, build } from './builds.ts';
import { installPipeline, makeNamespace, type Namespace } from './cluster.ts';
import { type GitServer, startGitServer } from './git-pod.ts';
import { pageOf, toolUser } from './image-pod.ts';
import { imageName, removeImage } from './registry.ts';

const path = `pipeline-test/${randomBytes(4).toString('hex')}/extended`;
const { BUILDER_EXTENDED, RUN_HEROKU } = process.env;

/** A project that needs Debian packages of an Aptfile and of project.toml. */
const project = aptProject({
  Aptfile: '# tools\nrhash # needs a library\n',
  'project.toml': '[com.heroku.buildpacks.deb-packages]\ninstall = ["hello"]\n',
});

/** A project that tries to give apt settings that lead to no package source. */
const configured = {
  ...Object.fromEntries(Object.entries(project).filter(([name]) => name !== 'project.toml')),
  // With this file apt would find none of its own files. The variable APT_CONFIG of the build names the file.
  'apt.conf': 'Dir::Etc "/nonexistent";\n',
};

let namespace: Namespace;
let git: GitServer;
/** Builds of the project, of a hostile Aptfile and of the project with settings for apt, which run at once. */
let runs: Promise<Build>[];

const startBuild = async (name: string, files: Record<string, string>, variables: string[] = []): Promise<Build> => {
  const source = await git.commit(name, files);
  const images = { builderImage: BUILDER_EXTENDED ?? '', runImage: RUN_HEROKU ?? '' };
  return build(namespace, { ...source, ...images, variables, image: imageName(`${path}-${name}:latest`) });
};

(BUILDER_EXTENDED && RUN_HEROKU ? describe : describe.skip)('a builder that images:builder --from has made', () => {
  beforeAll(async () => {
    namespace = await makeNamespace();
    await installPipeline(namespace, { default: { user: 1000, group: 1000 } });
    git = await startGitServer(namespace);
    runs = [
      startBuild('project', project),
      startBuild('hostile', { ...project, Aptfile: 'hello -oDir::Etc=/tmp\n' }),
      startBuild('configured', configured, ['APT_CONFIG=/workspace/apt.conf']),
    ];
    // A test awaits the build later. Until then a failure must not end the process.
    for (const run of runs) run.catch(() => {});
  });
  afterAll(async () => {
    for (const name of ['project', 'configured'])
      for (const tag of ['latest', 'build-cache']) await removeImage(`${path}-${name}`, tag);
    await namespace?.remove();
  });

  test('finds packages of an Aptfile and of project.toml, and Node.js beside Python, while building and running', async () => {
    const run = await runs[0];
    expect(run?.failed).toBeUndefined();
    const image = imageName(`${path}-project:latest`);
    const page = await pageOf(namespace, git, 'extended', image, toolUser);
    expect(page.split('\n')).toEqual(aptPage.map((line) => expect.stringMatching(line)));
  });

  test('refuses an Aptfile with an option, and the message says why', async () => {
    const run = await runs[1];
    expect(run?.failed).toMatchObject({ step: 'build', exitCode: 51 });
    expect(run?.failed?.message).toContain('Aptfile, line 1: "-oDir::Etc=/tmp" is an option.');
  });

  test('installs from the package sources of the builder, whatever the variable APT_CONFIG of a build says', async () => {
    const run = await runs[2];
    expect(run?.failed).toBeUndefined();
    expect(await run?.log('build')).toContain(' rhash=');
  });
});
