import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { siteFolder } from '../../../scripts/test-overlay.ts';
import { example } from '../pipeline/git-pod.ts';
import { openService, type Service, type Tool } from './service.ts';

let service: Service;
let tool: Tool;
let environment: NodeJS.ProcessEnv;
let url: string;

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  url = await service.repository('static', await example('static'));
  environment = {
    PATH: process.env.PATH,
    HOME: service.gateway.folder,
    KUBECONFIG: await service.gateway.kubeconfig(tool.name),
    TOOL_TOOLFORGE_API_URL: service.gateway.url,
    REQUESTS_CA_BUNDLE: join(siteFolder, 'ca.crt'),
  };
});
afterAll(() => service.close());

type Finished = { code: number; stdout: string; stderr: string };

const run = (command: string, words: string[]): Promise<Finished> =>
  new Promise((resolve) => {
    execFile(command, words, { env: environment, timeout: 180_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });

const main = join(import.meta.dirname, '../../../cli/main.ts');

/**
 * Command-line clients to test: name, command, first arguments. PYTHON_CLI is the path of Toolforge's Python CLI, which
 * `pip install toolforge-builds-cli` installs.
 */
const clients: [string, string | undefined, string[]][] = [
  ['our CLI', process.execPath, [main]],
  ["Toolforge's Python CLI", process.env.PYTHON_CLI, []],
];

describe.each(clients)('%s', (_, command, firstArguments) => {
  const withCommand = command ? test : test.skip;
  const cli = (...words: string[]) => run(command ?? '', [...firstArguments, ...words]);

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
