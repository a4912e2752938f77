import { describe, expect, test } from '@jest/globals';
import { useAppBuilds } from '../../support/app-builds.ts';
import { readAptfile } from '../../support/buildpacks.ts';
import { expectBuild, filesOf, toolsPage, useToolsPageCommands } from '../../support/tools-page.ts';

// test/buildpacks/docs/tools.test.ts has the examples that are left out here, because their builds take long.
const { repositories, commands, unused } = toolsPage;
const timeout = 120_000;

test('docs/tools.md has examples of every kind', () => {
  expect(repositories.length).toBeGreaterThanOrEqual(7);
  expect(repositories.filter(({ page }) => page).length).toBeGreaterThanOrEqual(4);
  expect(commands.length).toBeGreaterThanOrEqual(7);
  expect(Object.keys(unused)).toEqual(['Aptfile']);
});

test('the Aptfile of docs/tools.md names packages', () =>
  expect(readAptfile(unused.Aptfile ?? '')).toEqual(['ffmpeg', 'libpq-dev']));

describe('the repositories of docs/tools.md', () => {
  const builds = useAppBuilds();
  const quick = repositories.filter(({ files, page }) => page === undefined || files.Procfile);

  test.each(quick.map((example) => [filesOf(example), example] as const))(
    'a repository of %s builds, serves or fails as the page says',
    (_, example) => expectBuild(builds, example),
    timeout,
  );
});

describe('the commands of docs/tools.md', () => {
  const tryCommands = useToolsPageCommands();
  const [first, ...others] = commands;
  const quick = others.filter(({ commands }) => !commands.includes(' start ') || commands.includes(' --detach'));

  // The commands run in the order of the page, because some of them show builds that others have started.
  test.each([first, ...quick].flatMap((example) => (example ? [example] : [])))(
    '$commands succeeds',
    (example) => tryCommands(example),
    timeout,
  );
});
