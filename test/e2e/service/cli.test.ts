import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { example } from '../pipeline/git-pod.ts';
import { commandLines } from './command-lines.ts';
import { openService, type Service, type Tool } from './service.ts';

let service: Service;
let tool: Tool;
let environment: NodeJS.ProcessEnv;
let url: string;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  url = await service.repository('static', await example('static'));
  environment = await service.gateway.environment(tool.name);
});
afterAll(() => service.close());

describe.each(commandLines)('%s', (_, isInstalled, command) => {
  const withCommand = isInstalled ? test : test.skip;
  const cli = (...words: string[]) => command(environment, ...words);

  withCommand('starts a build, follows its log to the end, and lists it', async () => {
    const started = await cli('start', url);
    expect(started).toMatchObject({ code: 0 });
    expect(started.stdout + started.stderr).toMatch(/step-clone|Fetching/);
    const listed = await cli('list', '--json');
    const { builds } = JSON.parse(listed.stdout) as { builds: { status: string }[] };
    expect(builds[0]?.status).toMatch(/^(BUILD_SUCCESS|ok|success)$/i);
    expect(await cli('quota')).toMatchObject({ code: 0, stdout: expect.stringMatching(/Running/i) });
  });
});
