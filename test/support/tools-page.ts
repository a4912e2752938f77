import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { embeddedTarget } from '../contract/embedded-target.ts';
import type { Target } from '../contract/target.ts';
import { bundle, startProcess } from '../unit/cli/support.ts';
import type { AppBuilds } from './app-builds.ts';
import { type CommandExample, examplesOf, type RepositoryExample } from './page-examples.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/tools.md'), 'utf8');

/** The examples of docs/tools.md. */
export const toolsPage = examplesOf(page);

/** Names a repository of an example by its files. */
export const filesOf = ({ files }: RepositoryExample): string => Object.keys(files).join(', ');

/** Builds the repository of an example, and expects what the page says about its log and its image. */
export const expectBuild = async (builds: AppBuilds, example: RepositoryExample): Promise<void> => {
  const { files, fails, page: served } = example;
  const started = served === undefined ? undefined : await builds.start(files);
  const { log, failure } = started ?? (await builds.build(files));
  expect({ failure, failed: failure !== '' }).toEqual({ failure, failed: fails });
  let rest = log;
  for (const line of example.log) {
    expect(rest).toContain(line);
    rest = rest.slice(rest.indexOf(line) + line.length);
  }
  if (started) expect(await started.running.page()).toContain(served);
};

/** Prepares the command toolforge-build and an embedded platform. Returns a function that tries commands of the page. */
export const useToolsPageCommands = (): ((example: CommandExample) => Promise<void>) => {
  let target: Target;
  let home: string;
  let url: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tools-page-'));
    const program = `#!/bin/sh\nexec '${process.execPath}' '${bundle(home)}' "$@"\n`;
    await writeFile(join(home, 'toolforge-build'), program, { mode: 0o755 });
    target = await embeddedTarget({});
    url = await target.repository('mytool', { Procfile: 'web: true\n' });
    environment = {
      PATH: `${home}:${process.env.PATH}`,
      HOME: home,
      TOOL_TOOLFORGE_API_URL: target.url,
      TOOLFORGE_TOKEN: await target.tokenFor('mytool'),
      TOOLFORGE_TOOL: 'mytool',
    };
  }, 120_000);
  afterAll(async () => {
    await target?.close();
    await rm(home, { recursive: true, force: true });
  });

  return async ({ commands, output }) => {
    const script = commands.replaceAll('https://gitlab.wikimedia.org/toolforge-repos/mytool', url);
    const { code, stdout, stderr } = await startProcess('bash', ['-e', '-c', script], environment).finished;
    expect({ code, stderr }).toEqual({ code: 0, stderr });
    for (const line of output) expect(stdout + stderr).toContain(line);
  };
};
