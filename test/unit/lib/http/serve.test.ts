import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { functionOptions } from '../../../../scripts/bundle/functions.ts';

let folder: string;
let child: ChildProcessByStdio<null, Readable, Readable>;
let output = '';
let url = '';

// As it is deployed: the bundle has parts of its own in place of some of the framework's.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'serve-test-'));
  const entryPoints = { throwing: join(import.meta.dirname, 'throwing.ts') };
  await build({ ...functionOptions, entryPoints, outdir: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  output = '';
  child = spawn(process.execPath, [join(folder, 'throwing.mjs')], {
    env: { PATH: process.env.PATH ?? '', PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listening = new Promise<number>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const [, port] = /"port":(\d+)/.exec(output) ?? [];
        if (port) resolve(Number(port));
      });
  });
  url = `http://127.0.0.1:${await listening}`;
});
afterEach(() => void child.kill('SIGKILL'));

/** Asks for what takes a second, and waits until that is under way. */
const ask = async (): Promise<{ answer: Promise<string> }> => {
  const answer = fetch(`${url}/slow`).then((response) => response.text());
  await new Promise((resolve) => setTimeout(resolve, 400));
  return { answer };
};

test('an error that nobody caught is logged and ends the process; what others asked for is answered first', async () => {
  const slow = await ask();
  const ended = once(child, 'exit');
  const thrown = fetch(`${url}/throw`).catch(() => 'cut');
  expect(await slow.answer).toBe('late, but whole');
  expect(await ended).toEqual([1, null]);
  expect(await thrown).toBe('cut');
  expect(output).toMatch(/"severity":"ERROR".*an error that nobody caught/);
}, 60_000);

test('told to end, it answers what is open and ends well', async () => {
  const slow = await ask();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await slow.answer).toBe('late, but whole');
  expect(await ended).toEqual([0, null]);
}, 60_000);
