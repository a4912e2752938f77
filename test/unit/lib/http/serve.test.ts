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

// The test's function is bundled like the functions of an image, since the bundler replaces parts of
// functions-framework.
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

/** Sends a request whose response takes a second, and waits 400 ms, so that the server handles the request by then. */
const request = async (): Promise<{ response: Promise<string> }> => {
  const response = fetch(`${url}/slow`).then((received) => received.text());
  await new Promise((resolve) => setTimeout(resolve, 400));
  return { response };
};

test('serve logs an uncaught exception and ends the process with exit code 1 once the other requests are answered', async () => {
  const slow = await request();
  const ended = once(child, 'exit');
  const thrown = fetch(`${url}/throw`).catch(() => 'cut');
  expect(await slow.response).toBe('late, but whole');
  expect(await ended).toEqual([1, null]);
  expect(await thrown).toBe('cut');
  expect(output).toMatch(/"severity":"ERROR".*uncaught exception, exiting/);
}, 60_000);

test('serve answers open requests after SIGTERM and ends the process with exit code 0', async () => {
  const slow = await request();
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await slow.response).toBe('late, but whole');
  expect(await ended).toEqual([0, null]);
}, 60_000);
