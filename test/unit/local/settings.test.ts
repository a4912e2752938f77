import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { removedSettings, renamedSettings } from '../../../lib/config/renamed.ts';
import { settings } from '../../../lib/config/settings.ts';
import { createLog } from '../../../lib/log.ts';
import { type GitServer, serveGit } from '../../../local/git-server.ts';
import { type Platform, startPlatform } from '../../../local/platform.ts';
import { checkSettings, settingsOfMachine } from '../../../local/settings.ts';
import { type FakeS3, startFakeS3 } from '../lib/store/fake-s3.ts';

const names = Object.values(settings).map(({ name }) => name);

/** Returns what settingsOfMachine does with one variable: the settings, the warnings, or the message of its error. */
const treatment = (name: string): { taken: boolean; said: string } => {
  try {
    const { settings: taken, warnings } = settingsOfMachine({ [name]: 'x' });
    return { taken: name in taken, said: warnings.join() };
  } catch (error) {
    return { taken: false, said: (error as Error).message };
  }
};

/** Settings that npm start reads itself. */
const read = ['PORT'];

describe('settingsOfMachine', () => {
  test.each(names)('takes the setting %s, or names it in an error or a warning', (name) => {
    const { taken, said } = treatment(name);
    if (taken || read.includes(name)) expect(said).toBe('');
    else
      expect(said).toMatch(new RegExp(`^${name} (can't be set here|is not used here)\\. The embedded platform \\w+`));
  });

  test('names all settings that it refuses, and says what to do with each', () => {
    const machine = { REGISTRY_URL: 'https://registry.example.org', PIPELINE: 'other', LIMIT_RUNNING: '1' };
    expect(() => settingsOfMachine(machine)).toThrow(
      "PIPELINE can't be set here. The embedded platform has a pipeline of its own. Unset PIPELINE.\n" +
        "REGISTRY_URL can't be set here. The embedded platform has a registry of its own. Unset REGISTRY_URL.",
    );
  });

  test('takes an empty variable for a setting, and leaves out one that it would refuse', () => {
    const taken = settingsOfMachine({ LOG_STEPS: '', REGISTRY_URL: '', KUBECONFIG: '' });
    expect(taken).toEqual({ settings: { LOG_STEPS: '' }, warnings: [] });
  });

  test.each([...Object.keys(renamedSettings), ...Object.keys(removedSettings)])(
    'refuses the former setting %s, as a function does',
    (name) => {
      expect(() => settingsOfMachine({ [name]: 'x' })).toThrow(name);
    },
  );

  test.each([
    ['LIMIT_RUNING', 'LIMIT_RUNNING'],
    ['limit_running', 'LIMIT_RUNNING'],
    ['SOURCE_PORXY', 'SOURCE_PROXY'],
    ['REGISTRY_LIMIT_BYTE', 'REGISTRY_LIMIT_BYTES'],
    ['GATEWAYPORT', 'GATEWAY_PORT'],
    ['TOOLFORGE_BUILD_DATA', 'TOOLFORGE_BUILDS_DATA'],
  ])('warns of %s, and names %s', (name, near) => {
    const expected = { settings: {}, warnings: [`There is no setting ${name}. Set ${near} if that is meant.`] };
    expect(settingsOfMachine({ [name]: '1' })).toEqual(expected);
  });

  test.each(['PATH', 'SORT', 'PWD', 'HTTPS_PROXY', 'https_proxy', 'LIMITS', 'TOOLFORGE_BUILDS_DATA', 'GIT_PORT'])(
    'says nothing of %s',
    (name) => {
      expect(settingsOfMachine({ [name]: 'x' })).toEqual({ settings: {}, warnings: [] });
    },
  );
});

describe('a platform does not start', () => {
  test.each([
    ['LIMIT_RUNNING', '0'],
    ['LOG_MAX_BYTES', '1'],
    ['LOG_STEPS', 'export'],
    ['BUILD_TIMEOUT', '10'],
    ['BUILDER', 'No Image'],
    ['AUTH_ISSUERS', '{}'],
    ['S3_SECRET_KEY_FILE', '/none'],
  ])('with %s=%s, and the error names the setting', (name, value) => {
    expect(() => checkSettings({ LIMIT_QUEUED: '1', [name]: value })).toThrow(new RegExp(`^${name} must be `));
  });

  test('with a wrong value that only the archiver reads, and makes no folder', async () => {
    const data = join(tmpdir(), `settings-${process.pid}-none`);
    const started = startPlatform({
      ...{ folder: data, port: 0, gatewayPort: 0, log: createLog('test', () => {}) },
      settings: { LOG_MAX_BYTES: '1' },
    });
    await expect(started).rejects.toThrow(/^LOG_MAX_BYTES must be /);
    expect(existsSync(data)).toBe(false);
  });
});

describe('the embedded platform with every setting that it takes', () => {
  let folder: string;
  let s3: FakeS3;
  let git: GitServer;
  let platform: Platform;
  let machine: Record<string, string>;

  const write = async (name: string, text: string): Promise<string> => {
    await mkdir(join(folder, 'files'), { recursive: true });
    await writeFile(join(folder, 'files', name), text);
    return join(folder, 'files', name);
  };

  const machineWith = async (): Promise<Record<string, string>> => ({
    AUTH_ISSUERS: '[]',
    AUTH_RESOURCE: 'urn:example:builds',
    SUPERUSERS: JSON.stringify({ 'service:components-api': ['^.*$'] }),
    ...{ RATE_READS: '1000', RATE_CHANGES: '1000', AUTH_FAILURE_DELAY_MS: '1' },
    ...{ LIMIT_RUNNING: '2', LIMIT_QUEUED: '3', CAPACITY: '4', KEEP_SUCCEEDED: '5', KEEP_FAILED: '6' },
    BUILDS_API_RUNS: 'show',
    ...{
      BUILDER: 'own/builder:2',
      RUNNER: 'local/run:host',
      LATEST_BUILDER: 'own/builder:3',
      LATEST_RUNNER: 'local/run:host',
    },
    ...{
      DEPRECATED_BUILDER: 'own/builder:1',
      DEPRECATED_RUNNER: 'local/run:host',
      DEPRECATED_VALID_UNTIL: '9999-12-31',
    },
    BUILD_TIMEOUT: '10m0s',
    ...{ SOURCE_ALLOW_HTTP: 'true', SOURCE_ALLOWED_ADDRESSES: '127.0.0.1/32', SOURCE_TIMEOUT_MS: '10000' },
    ...{ SOURCE_PROXY: 'http://127.0.0.1:1', SOURCE_NO_PROXY: '*' },
    REGISTRY_LIMIT_BYTES: '3221225472',
    ...{ LOG_STEPS: 'clone,detect,build', KNOWN_SECRETS_FOLDER: join(folder, 'files'), LOG_MAX_BYTES: '100000' },
    ...{ LOG_STORE: 's3', LOG_FOLDER: join(folder, 'logs'), S3_ENDPOINT: s3.url, S3_BUCKET: 'bucket' },
    ...{ S3_REGION: 'us-east-1', S3_ACCESS_KEY_FILE: await write('access', 'key') },
    S3_SECRET_KEY_FILE: await write('secret', 'secret'),
    ...{ STREAM_SELF_CLOSE_MS: '60000', TEXT_STREAMS_DRAIN: 'true', METRICS_SUBJECTS: 'monitoring' },
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'settings-'));
    s3 = await startFakeS3();
    const repository = join(folder, 'repository');
    await mkdir(repository);
    await writeFile(join(repository, 'index.html'), 'hello');
    git = await serveGit({ repositories: { page: repository } });
    machine = await machineWith();
    platform = await startPlatform({
      ...{ folder: join(folder, 'data'), port: 0, gatewayPort: 0, log: createLog('test', () => {}) },
      settings: settingsOfMachine(machine).settings,
    });
  }, 60_000);
  afterAll(async () => {
    await platform?.close();
    await git?.close();
    await s3?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('has an example of each such setting in this test', () => {
    const taken = names.filter((name) => treatment(name).taken);
    expect(Object.keys(settingsOfMachine(machine).settings).sort()).toEqual(taken.sort());
  });

  test('builds with these settings, and keeps the log in the store of LOG_STORE', async () => {
    const base = `${platform.url}/v1/tool/mine`;
    const secret = await readFile(platform.environment.GATEWAY_SECRET_FILE ?? '', 'utf8');
    const headers = { 'x-toolforge-tool': 'service:components-api', 'x-toolforge-gateway-secret': secret };
    const body = JSON.stringify({ source_url: `${git.url}/page.git` });
    const json = { ...headers, 'content-type': 'application/json' };
    const started = await fetch(`${base}/builds`, { method: 'POST', headers: json, body });
    const { new_build: build } = (await started.json()) as { new_build: { name: string } };
    const log = await fetch(`${base}/builds/${build.name}/logs?follow=true`, { headers });
    expect(await log.text()).toContain('the build has ended: BUILD_SUCCESS');
    expect(s3.requests()).toBeGreaterThan(0);
    expect(await (await fetch(`${base}/quotas`, { headers })).text()).toMatch(/3.00Gi.*"limit":"2".*"limit":"3"/);
  }, 60_000);
});
