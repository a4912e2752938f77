import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { registryRefusal } from '../../../../../lib/tekton/registry-refusals.ts';
import { analyzeErrors, quotaError, runImageError, tooLargeError } from '../../../lib/tekton/registry-outputs.ts';

const steps = join(import.meta.dirname, '../../../../../knative/charts/builds-builder/files/steps');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'images-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Run = { exitCode: number; printed: string; failure: string };

/** Runs a program of the lifecycle as a step does, and returns what the step prints and its failure excerpt. */
const run = async (output: string, exitCode: number): Promise<Run> => {
  const [input, failure] = [join(folder, 'input'), join(folder, 'failure')];
  await Promise.all([writeFile(input, output), rm(failure, { force: true })]);
  const script = `set -euo pipefail; . '${steps}/images.sh'; run_lifecycle sh -c 'cat "$0" >&2; exit "$1"' "$@"; echo done`;
  const command = [join(steps, 'run-phase.sh'), failure, '/bin/bash', '-c', script, 'export.sh', input, `${exitCode}`];
  return new Promise((resolve) =>
    execFile('/bin/bash', command, async (error, printed) =>
      resolve({
        exitCode: Number(error?.code ?? 0),
        printed,
        failure: await readFile(failure, 'utf8').catch(() => ''),
      }),
    ),
  );
};

const refusalIn = ({ failure }: Run) =>
  registryRefusal({ name: 'export', container: 'step-export', results: [{ name: 'failure', value: failure }] });

test('run_lifecycle passes the output of a program that succeeds, and the step goes on', async () => {
  expect(await run('Saving image\n', 0)).toEqual({ exitCode: 0, printed: 'Saving image\ndone\n', failure: '' });
});

test('run_lifecycle passes the output and the exit code of a program that fails, and ends the step', async () => {
  const { exitCode, printed } = await run('Saving image\nERROR: failed\n', 62);
  expect(exitCode).toBe(62);
  expect(printed).toBe('Saving image\nERROR: failed\n[export] ERROR: failed\n');
});

test.each([
  ['quota of storage', quotaError(), /1\.0 MiB/],
  ['quota of storage of a tool with a long name', quotaError(`tool-${'a'.repeat(120)}/${'b'.repeat(125)}`), /1\.0 MiB/],
  ['limit of a proxy, with the HTML of the proxy', tooLargeError, /a layer of the image is larger/],
  ['access rights', analyzeErrors.noPush, /does not let the build/],
  ['broken connection', analyzeErrors.cut, /did not respond/],
])('the failure excerpt of a step has enough of the error to explain the %s', async (_, error, sentence) => {
  const ended = await run(`Saving image...\n      image - ${error.slice(7)}\n${error}\n`, 62);
  expect(refusalIn(ended)).toMatch(sentence);
  expect(ended.exitCode).toBe(62);
});

test('run_lifecycle prints the end of an error of any length and in any alphabet', async () => {
  for (const text of ['é'.repeat(3000), 'x'.repeat(70_000), '<'.repeat(2000), '']) {
    const { failure, exitCode } = await run(`ERROR: ${text} DENIED: adding 1 B\n`, 1);
    expect(exitCode).toBe(1);
    expect(failure).toMatch(/DENIED: adding 1 B$/);
  }
});

test.each([
  ['harbor.example.org:443/tool-a/web:latest', {}, '<-cache-image=harbor.example.org:443/tool-a/web:build-cache>'],
  ['harbor.example.org:443/tool-a/web', {}, '<-cache-image=harbor.example.org:443/tool-a/web:build-cache>'],
  ['harbor.example.org/a@sha256:0', { BUILD_CACHE: 'image' }, '<-cache-image=harbor.example.org/a:build-cache>'],
  ['harbor.example.org/tool-a/web:latest', { BUILD_CACHE: 'none' }, ''],
])('the image %s with the variables %j has the option of the cache %s', async (image, variables, option) => {
  const script = `set -euo pipefail; . '${steps}/images.sh'; set_cache_option "$1"; [ "\${#cache_option[@]}" = 0 ] || printf '<%s>' "\${cache_option[@]}"`;
  const env = { ...process.env, ...variables };
  const { stdout } = await promisify(execFile)('/bin/bash', ['-c', script, 'export.sh', image], { env });
  expect(stdout).toBe(option);
});

/** Runs the step analyze with a program in place of the lifecycle's analyzer, which is at a fixed path. */
const analyze = async (output: string, runImage: string): Promise<Run> => {
  const [input, failure] = [join(folder, 'input'), join(folder, 'failure')];
  await writeFile(input, `${output}\n`);
  await writeFile(join(folder, 'config.json'), '{}');
  const text = await readFile(join(steps, 'analyze.sh'), 'utf8');
  const script = join(folder, 'analyze.sh');
  await writeFile(script, text.replace('/cnb/lifecycle/analyzer', `sh -c 'cat "${input}"; exit 1'`));
  await writeFile(join(folder, 'images.sh'), await readFile(join(steps, 'images.sh')));
  const command = [
    join(steps, 'run-phase.sh'),
    failure,
    '/bin/bash',
    script,
    'harbor.example.org/a/b:latest',
    runImage,
  ];
  return new Promise((resolve) =>
    execFile('/bin/bash', command, { env: { ...process.env, DOCKER_CONFIG: folder } }, async (error, printed) =>
      resolve({ exitCode: Number(error?.code ?? 0), printed, failure: await readFile(failure, 'utf8') }),
    ),
  );
};

test('the step analyze has an exit code of its own where the run image is refused, and not where the image is', async () => {
  const image = 'harbor.example.org/base/run:1';
  expect((await analyze(runImageError(image), image)).exitCode).toBe(79);
  const refused = await analyze(analyzeErrors.noAccess, image);
  expect(refused.exitCode).toBe(1);
  expect(refused.failure).toContain('unexpected status code 401');
});
