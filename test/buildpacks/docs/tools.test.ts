import { expect, test } from '@jest/globals';
import { useAppBuilds } from '../../support/app-builds.ts';
import { expectBuild, filesOf, toolsPage, useToolsPageCommands } from '../../support/tools-page.ts';

const builds = useAppBuilds();
const tryCommands = useToolsPageCommands();

test.each(toolsPage.repositories.map((example) => [filesOf(example), example] as const))(
  'a repository of %s in docs/tools.md builds, serves or fails as the page says',
  (_, example) => expectBuild(builds, example),
);

test.each(toolsPage.commands)('%# of docs/tools.md: $commands prints what the page says', async (example) => {
  expect(example.commands).toContain('toolforge-build');
  await tryCommands(example);
});
