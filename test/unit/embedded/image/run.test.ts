import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configType, manifestType, refName } from '../../../../embedded/image/layout.ts';
import { runImage } from '../../../../embedded/image/run.ts';
import { hasProcesses, markerOf, recordedLeader } from '../../../../embedded/processes.ts';

let place: string;
let folder: string;
beforeEach(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), 'run-test-')));
  folder = join(place, 'running');
  await mkdir(folder);
});
afterEach(() => rm(place, { recursive: true, force: true }));

const writeBlob = async (layout: string, content: object, mediaType: string) => {
  const text = JSON.stringify(content);
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFile(join(layout, 'blobs/sha256', digest), text);
  return { mediaType, digest: `sha256:${digest}`, size: text.length };
};

/** Makes an image without layers that runs a program of Node.js. */
const makeImage = async (program: string) => {
  const layout = join(place, 'images/app');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  const command = ['sh', '-c', 'exec "$NODE" -e "$PROGRAM"'];
  const config = await writeBlob(layout, { config: { Entrypoint: command }, rootfs: { diff_ids: [] } }, configType);
  const image = { schemaVersion: 2, mediaType: manifestType, config, layers: [] };
  const manifest = { ...(await writeBlob(layout, image, manifestType)), annotations: { [refName]: 'latest' } };
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  const env = { NODE: process.execPath, PROGRAM: program };
  return { imagesFolder: join(place, 'images'), image: 'app:latest', env, folder };
};

const listening = "require('node:http').createServer((_, r) => r.end('hello')).listen(process.env.PORT, '127.0.0.1');";

test('the port of an image needs to be free on loopback only', async () => {
  const other = createServer().listen(0, '127.0.0.2');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const running = await runImage({ ...(await makeImage(listening)), port });
  expect(running.url).toBe(`http://127.0.0.1:${port}`);
  await running.stop();
  other.close();
});

test('stopping an image ends the processes that have left its session, and removes their temporary files', async () => {
  const child =
    "require('node:fs').writeFileSync(require('node:os').tmpdir() + '/file', ''); setInterval(() => {}, 1000)";
  const spawning = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { detached: true, stdio: 'ignore' }).unref();`;
  const running = await runImage(await makeImage(spawning + listening));
  const left = { leaders: [], marker: markerOf(folder) };
  expect(hasProcesses(left)).toBe(true);
  await running.stop();
  expect(hasProcesses(left)).toBe(false);
  expect(await readdir(folder)).toEqual([]);
});

test('an image whose start is given up leaves no process and no file, and its record names the process before', async () => {
  const [record, giveUp] = [join(place, 'record'), new AbortController()];
  const options = await makeImage("console.log('waiting'); setInterval(() => {}, 1000)");
  let leaders: unknown[] = [];
  const onOutput = () => {
    leaders = recordedLeader(record);
    giveUp.abort(new Error('given up'));
  };
  await expect(runImage({ ...options, record, signal: giveUp.signal, onOutput })).rejects.toThrow('given up');
  expect(leaders).toHaveLength(1);
  expect(recordedLeader(record)).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});
