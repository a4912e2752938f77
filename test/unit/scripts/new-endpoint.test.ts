import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');

/** Folders that the test copies, because `npm run generate` and the bundler read them. */
const copied = ['cli', 'docs', 'events', 'functions', 'knative', 'lib', 'openapi', 'scripts', 'web'];
const copiedFiles = ['package.json', 'tsconfig.json'];

let project: string;
let child: ChildProcess | undefined;

const node = (...words: string[]) => promisify(execFile)(process.execPath, words, { cwd: project });

/** Returns the code blocks of docs/adding-an-endpoint.md in their order. */
const codeBlocks = async (): Promise<string[]> => {
  const page = await readFile(join(root, 'docs/adding-an-endpoint.md'), 'utf8');
  return [...page.matchAll(/^```(?:ts|yaml)\n(.*?)^```$/gms)].map(([, code = '']) => code);
};

const insertAfter = async (path: string, line: string, code: string): Promise<void> => {
  const text = await readFile(join(project, path), 'utf8');
  expect(text).toContain(`${line}\n`);
  await writeFile(join(project, path), text.replace(`${line}\n`, `${line}\n${code}`));
};

const write = async (path: string, code: string): Promise<void> => {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), code);
};

/** Makes the changes by hand that docs/adding-an-endpoint.md describes. */
const followThePage = async (): Promise<void> => {
  const [operation = '', handler = '', wire = '', row = ''] = await codeBlocks();
  await insertAfter('openapi/openapi.yaml', 'paths:', operation);
  await write('functions/ping/handler.ts', handler);
  await write('functions/ping/wire.ts', wire);
  await insertAfter('functions/table.ts', 'export const services = {', row);
};

/** Returns a SHA-256 digest of each file in the project, by the file's path. */
const digests = async (): Promise<Map<string, string>> => {
  const entries = await readdir(project, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.map(
    async (file): Promise<[string, string]> => [
      file.slice(project.length + 1),
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ],
  );
  return new Map((await Promise.all(read)).filter(([path]) => !/^(?:cli\/)?dist\//.test(path)));
};

const changedSince = async (before: Map<string, string>): Promise<string[]> =>
  [...(await digests())].flatMap(([path, digest]) => (before.get(path) === digest ? [] : [path])).sort();

const startBundle = async (): Promise<string> => {
  const secretFile = join(project, 'secret');
  await writeFile(secretFile, 'gateway-secret');
  const started = spawn(process.execPath, [join(project, 'dist/functions/ping/index.mjs')], {
    env: { PATH: process.env.PATH ?? '', PORT: '0', GATEWAY_SECRET_FILE: secretFile },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child = started;
  const listening = Promise.withResolvers<number>();
  let output = '';
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    const [, port] = /"listening","port":(\d+)/.exec(output) ?? [];
    if (port) listening.resolve(Number(port));
  });
  started.once('exit', () => listening.reject(new Error(`The bundle of ping ended before it listened:\n${output}`)));
  return `http://127.0.0.1:${await listening.promise}`;
};

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'new-endpoint-'));
  for (const folder of copied) await cp(join(root, folder), join(project, folder), { recursive: true });
  for (const file of copiedFiles) await cp(join(root, file), join(project, file));
  await symlink(join(root, 'node_modules'), join(project, 'node_modules'));
});

afterAll(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(project, { recursive: true, force: true });
});

test('a new endpoint is an operation, one folder and one row: npm run generate writes all else, and its bundle answers', async () => {
  const before = await digests();
  await followThePage();
  expect(await changedSince(before)).toEqual([
    'functions/ping/handler.ts',
    'functions/ping/wire.ts',
    'functions/table.ts',
    'openapi/openapi.yaml',
  ]);

  const byHand = await digests();
  await node('scripts/generate.ts');
  expect(await changedSince(byHand)).toEqual([
    'docs/settings.md',
    'knative/charts/builds-api/files/accounts.yaml',
    'knative/charts/builds-api/files/functions.yaml',
    'knative/charts/builds-api/files/gateway/routes.conf',
    'knative/charts/builds-api/files/http-routes.yaml',
    'knative/charts/builds-api/values.schema.json',
    'openapi/generated/openapi.json',
    'openapi/generated/paths.ts',
    'openapi/generated/routes.ts',
  ]);
  await node('scripts/generate.ts', '--check');
  await node('scripts/check-openapi.ts');

  await write('tsconfig.ping.json', JSON.stringify({ extends: './tsconfig.json', include: ['functions/ping'] }));
  await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', 'tsconfig.ping.json'], {
    cwd: project,
  });

  await node('scripts/build.ts');
  const url = await startBundle();
  const headers = { 'x-toolforge-tool': 'mytool', 'x-toolforge-gateway-secret': 'gateway-secret' };
  const response = await fetch(`${url}/v1/ping`, { headers });
  expect([response.status, await response.json()]).toEqual([
    200,
    { messages: { info: [expect.stringMatching(/^The time is 20/)], warning: [], error: [] } },
  ]);
  expect((await fetch(`${url}/v1/ping`)).status).toBe(401);
}, 180_000);
