import { expect, test } from '@jest/globals';
import { useAppBuilds } from '../../support/app-builds.ts';
import { aptPage, aptProject } from '../pipeline/apt-project.ts';
import { testBuilder } from '../pipeline/test-builder.ts';
import { clusterApps } from './cluster-apps.ts';

const { build, builtTwice } = useAppBuilds(() => clusterApps(testBuilder().packagesImage()));
const files = aptProject({ Aptfile: 'rhash # needs a library\nhello\n' });

test('a Python application with assets of Node.js and an Aptfile has its Debian packages while building and running, and the same commit gives the same image', async () => {
  const { page } = await builtTwice(files, 'aptfile');
  expect(page.split('\n')).toEqual(aptPage.map((line) => expect.stringMatching(line)));
});

test.each([
  ['an option', 'hello -oDir::Etc=/tmp\n', 'Aptfile, line 1: "-oDir::Etc=/tmp" is an option.'],
  ['a program of a shell', 'hello\n$(touch /workspace/ran)\n', 'Aptfile, line 2: '],
  ['a package source', ':repo:deb http://example.org/ x main\n', 'Aptfile, line 1: '],
])('an Aptfile with %s is refused with a sentence', async (_, aptfile, sentence) => {
  const { run, failure } = await build(aptProject({ Aptfile: aptfile }));
  expect(run.failed).toMatchObject({ name: 'build', exitCode: 51 });
  expect(failure).toContain(sentence);
});

test('an Aptfile is installed from the package sources of the builder, whatever the variable APT_CONFIG of a build says', async () => {
  const own = aptProject({ Aptfile: 'hello\nrhash\n', 'apt.conf': 'Dir::Etc "/nonexistent";\n' });
  const { failure, log } = await build(own, { variables: ['APT_CONFIG=/workspace/apt.conf'] });
  expect(failure).toBe('');
  expect(log).toContain(' rhash=');
});
