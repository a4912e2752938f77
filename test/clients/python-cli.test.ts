import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '../../lib/log.ts';
import { paths } from '../../local/folder.ts';
import { type GitServer, serveGit } from '../../local/git-server.ts';
import { type Platform, startPlatform } from '../../local/platform.ts';

/**
 * Path of the command of Toolforge's Python CLI. The tests run the unmodified CLI against the gateway of the embedded
 * platform, and are skipped without PYTHON_CLI. To install the CLI: `python3 -m venv V && V/bin/pip install
 * toolforge-builds-cli`, then PYTHON_CLI=V/bin/toolforge-build.
 */
const command = process.env.PYTHON_CLI;
const withCli = command ? test : test.skip;

let folder: string;
let platform: Platform;
let git: GitServer;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  if (!command) return;
  folder = await mkdtemp(join(tmpdir(), 'python-cli-'));
  const log = createLog('test', () => {});
  platform = await startPlatform({ folder, port: 0, gatewayPort: 0, settings: { LIMIT_RUNNING: '1' }, log });
  const fixtures = join(import.meta.dirname, '../fixtures/repositories');
  git = await serveGit({
    repositories: { static: join(import.meta.dirname, '../../examples/static'), slow: join(fixtures, 'slow') },
  });
  environment = {
    PATH: process.env.PATH,
    HOME: folder,
    KUBECONFIG: await platform.kubeconfig('snake'),
    TOOL_TOOLFORGE_API_URL: platform.gatewayUrl,
    REQUESTS_CA_BUNDLE: paths(folder).authorityCertificate,
  };
}, 60_000);

afterAll(async () => {
  await git?.close();
  await platform?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

type Finished = { code: number; stdout: string; stderr: string };

const run = (...args: string[]): Promise<Finished> =>
  new Promise((resolve) => {
    execFile(command ?? '', args, { env: environment, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });

type Listed = { build_id: string; status: string; source_url: string; envvars: string[] };

const list = async (): Promise<Listed[]> => JSON.parse((await run('list', '--json')).stdout).builds;
const startDetached = async (repository: string): Promise<string> => {
  const started = await run('start', `${git.url}/${repository}.git`, '-D', '--json');
  expect(started).toMatchObject({ code: 0 });
  return JSON.parse(started.stdout).new_build.name;
};

withCli(
  'the Python CLI: start follows the log to the end',
  async () => {
    const started = await run('start', `${git.url}/static.git`, '-e', 'GREETING=hello', '--ref', 'main');
    expect(started).toMatchObject({ code: 0 });
    expect(started.stdout).toMatch(/\[step-clone\] \d{4}-\d\d-\d\dT.*Commit [0-9a-f]{40}/);
    expect(started.stdout).toContain('the build has ended: BUILD_SUCCESS');
  },
  90_000,
);

withCli(
  'the Python CLI: list, show, logs and quota show the build',
  async () => {
    const [build] = await list();
    expect(build).toMatchObject({
      status: 'ok',
      source_url: `${git.url}/static.git`,
      envvars: ['GREETING=hello'],
    });
    expect((await run('show')).stdout).toMatch(/Status: ok\n[\s\S]*Destination Image: .*@sha256:[0-9a-f]{64}/);
    expect((await run('logs', build?.build_id ?? '')).stdout).toContain('[step-build]');
    const quota = JSON.parse((await run('quota', '--json')).stdout);
    expect(JSON.stringify(quota)).toContain('"Running"');
    expect((await run('quota')).stdout).toContain('Storage');
  },
  90_000,
);

withCli(
  'the Python CLI: logs -f follows a running build until cancel ends it, and the next build starts',
  async () => {
    const id = await startDetached('slow');
    const following = spawn(command ?? '', ['logs', '-f', id], { env: environment });
    const printed = new Promise<void>((resolve) =>
      following.stdout.on('data', (chunk) => String(chunk).includes('still building') && resolve()),
    );
    const ended = new Promise((resolve) => following.once('close', resolve));
    await printed;
    const waiting = await startDetached('static');
    expect((await run('show', waiting)).stdout).toContain('position 1 of 1');
    expect(await run('cancel', '-y', id)).toMatchObject({ code: 0 });
    expect(await ended).toBe(0);
    expect((await list()).find(({ build_id }) => build_id === id)?.status).toBe('cancelled');
    expect((await run('cancel', '-y', id)).stderr).toMatch(/already finished/);
    expect((await run('logs', '-f', waiting)).stdout).toContain('BUILD_SUCCESS');
  },
  120_000,
);

withCli(
  'the Python CLI: delete removes a build, and clean removes the images',
  async () => {
    const [build] = await list();
    expect(await run('delete', '-y', build?.build_id ?? '')).toMatchObject({ code: 0 });
    expect((await list()).map(({ build_id }) => build_id)).not.toContain(build?.build_id);
    expect((await run('show', build?.build_id ?? '')).code).toBe(1);
    expect((await run('clean', '-y')).stdout).toMatch(/Deleted \d+ artifacts|Nothing to clean up/);
    expect(await run('delete', '--all', '-y')).toMatchObject({ code: 0 });
    expect((await run('list')).stdout).toContain('No builds found');
  },
  90_000,
);

withCli(
  'the Python CLI: errors of the API are printed as sentences',
  async () => {
    const refused = await run('start', 'ssh://example.org/x.git', '-D');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^Error: .*https/);
    expect((await run('show', 'none')).stderr).toMatch(/^Error: .*no build none/);
  },
  60_000,
);
