import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const script = join(import.meta.dirname, '../../../scripts/build-builder.ts');

let folder: string;

/** Writes a program into the folder that is first in PATH. */
const writeProgram = async (name: string, text: string): Promise<void> => {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
};

/** Text of a program that writes its arguments and its environment to a file. */
const recording = (name: string): string => `{ echo "$@"; env; } >>"$RECORDS/${name}"`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'containers-'));
  for (const name of ['bin', 'lifecycle', 'records']) await mkdir(join(folder, name));
  for (const name of ['lifecycle', 'launcher', 'lifecycle.toml']) await writeFile(join(folder, 'lifecycle', name), '');
  const archive = 'mkdir package && echo {} >package/package.json && tar -czf npm.tgz package && echo npm.tgz';
  await writeProgram('npm', `${recording('npm')}\n${archive}`);
  await writeProgram('docker', `${recording('docker')}\n[ "$1" != inspect ] || echo x@sha256:0`);
  const digest =
    'for word; do case $word in --digestfile=*) echo sha256:0 >"$(echo "$word" | cut -d= -f2)";; esac; done';
  await writeProgram('buildah', `${recording('buildah')}\n${digest}`);
});
afterEach(() => rm(folder, { recursive: true }));

/** Builds the builder with the programs of the test. @returns what the script printed, and its exit code */
const buildBuilder = (
  tool: string,
  environment: Record<string, string>,
): Promise<{ printed: string; code: unknown }> => {
  const options = ['--tool', tool, '--registry', 'registry.example.org', '--lifecycle', join(folder, 'lifecycle')];
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    RECORDS: join(folder, 'records'),
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...options], { env }, (error, stdout, stderr) =>
      resolve({ printed: stdout + stderr, code: error ? error.code : 0 }),
    );
  });
};

const recordOf = (name: string): Promise<string> => readFile(join(folder, 'records', name), 'utf8');

const proxies = { HTTPS_PROXY: 'http://ada:p4ss@proxy.test:3128', no_proxy: '.example.org' };

test('the programs that build images get the proxies and the certificate authorities of the machine', async () => {
  const built = await buildBuilder('docker', { ...proxies, SSL_CERT_FILE: '/etc/ca.pem' });
  expect(built).toEqual({
    code: 0,
    printed: expect.stringContaining('builder=registry.example.org/builder:latest@sha'),
  });
  for (const name of ['npm', 'docker']) {
    const record = await recordOf(name);
    expect(record).toContain('HTTPS_PROXY=http://ada:p4ss@proxy.test:3128\n');
    expect(record).toContain('SSL_CERT_FILE=/etc/ca.pem\n');
    expect(record).toContain('NODE_EXTRA_CA_CERTS=/etc/ca.pem\n');
  }
  const [command] = (await recordOf('docker')).split('\n');
  expect(command).toMatch(/^build .*--build-arg HTTPS_PROXY --build-arg no_proxy /);
});

test('NODE_EXTRA_CA_CERTS stays as it is, and buildah gets no flag for proxies', async () => {
  await buildBuilder('buildah', { ...proxies, SSL_CERT_FILE: '/etc/ca.pem', NODE_EXTRA_CA_CERTS: '/etc/more.pem' });
  expect(await recordOf('npm')).toContain('NODE_EXTRA_CA_CERTS=/etc/more.pem\n');
  const record = await recordOf('buildah');
  expect(record).toContain('HTTPS_PROXY=http://ada:p4ss@proxy.test:3128\n');
  expect(record).not.toContain('--build-arg');
});

test('a proxy that wants a password for npm is named with what to do, and the password is not shown', async () => {
  await writeProgram('npm', 'echo "npm error code E407" >&2; exit 1');
  expect(await buildBuilder('docker', proxies)).toEqual({
    code: 1,
    printed:
      'The proxy wants a valid user name and password for npm. Set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or list the host in NO_PROXY.\n',
  });
});

test('another failure of npm is shown as npm describes it', async () => {
  await writeProgram('npm', 'echo "npm error code E404" >&2; exit 1');
  const { printed, code } = await buildBuilder('docker', {});
  expect({ printed, code }).toEqual({ code: 1, printed: expect.stringContaining('npm error code E404') });
});
