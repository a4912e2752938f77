import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { example } from '../pipeline/git-pod.ts';
import { commandLines } from '../service/command-lines.ts';
import { openService, type Service } from '../service/service.ts';
import { openStandIn } from './stand-in.ts';

let service: Service;
let url: string;

beforeAll(async () => {
  service = await openService((await openStandIn()).gateway);
  url = await service.repository('static', await example('static'));
});
afterAll(() => service.close());

/** The steps are those of the functional tests that Toolforge runs after each deployment. */
describe.each(commandLines)("Toolforge's functional tests with %s", (_, isInstalled, command) => {
  const withCommand = isInstalled ? test : test.skip;
  let environment: NodeJS.ProcessEnv;
  const cli = (...words: string[]) => command(environment, ...words);
  const listed = async (): Promise<string> => {
    const { stdout } = await cli('list', '--json');
    return (JSON.parse(stdout) as { builds: { build_id: string }[] }).builds[0]?.build_id ?? '';
  };

  beforeAll(async () => {
    environment = await service.gateway.environment((await service.tool()).name);
  });

  withCommand('start --detach starts a build, and list shows its URL', async () => {
    expect(await cli('start', '--detach', url)).toMatchObject({ code: 0 });
    expect(await cli('list')).toMatchObject({ code: 0, stdout: expect.stringContaining(url) });
  });

  withCommand('logs -f follows the log until the build ends, and show prints Status: ok', async () => {
    const logs = await cli('logs', '-f', await listed());
    expect(logs).toMatchObject({ code: 0, stdout: expect.stringContaining('[step-clone]') });
    expect(await cli('show')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Status: ok$/m) });
  });

  withCommand('quota shows Available, Capacity, Limit and Used', async () => {
    const { code, stdout } = await cli('quota');
    expect(code).toBe(0);
    for (const word of ['Available', 'Capacity', 'Limit', 'Used']) expect(stdout).toContain(word);
  });

  withCommand('delete removes a build by its id, and list then finds no builds', async () => {
    const id = await listed();
    expect(id).not.toBe('');
    expect(await cli('delete', '--yes-i-know', id)).toMatchObject({ code: 0 });
    const { stdout, stderr } = await cli('list');
    expect(stdout + stderr).toContain('No builds found');
  });

  withCommand('delete --all removes every build, and clean removes every image', async () => {
    expect(await cli('start', '--detach', url)).toMatchObject({ code: 0 });
    expect(await cli('delete', '--all', '--yes-i-know')).toMatchObject({ code: 0 });
    expect((await cli('list')).stdout).not.toContain(url);
    const { code, stdout } = await cli('clean', '--yes-i-know');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/Deleted \d+ artifacts|Nothing to clean/),
    });
  });
});
