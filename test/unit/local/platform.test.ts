import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createLog } from '../../../lib/log.ts';
import { lastAddresses, type Platform, startPlatform } from '../../../local/platform.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'platform-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

const start = async (folder: string, port = 0, gatewayPort = 0): Promise<Platform> => {
  const platform = await startPlatform({ folder, port, gatewayPort, log: createLog('test', () => {}) });
  cleanups.push(platform.close);
  return platform;
};

const occupied = async (): Promise<number> => {
  const server: TestServer = await startServer((_, res) => res.end());
  cleanups.push(server.close);
  return Number(new URL(server.url).port);
};

test('a port in use is refused with the name of its setting, and the platform leaves nothing running or locked', async () => {
  const folder = await newFolder();
  const port = await occupied();
  await expect(start(folder, port)).rejects.toThrow(`Port ${port} is in use. Set PORT to another port.`);
  await expect(start(folder, 0, port)).rejects.toThrow('Set GATEWAY_PORT to another port.');
  const platform = await start(folder);
  expect((await fetch(`${platform.url}/v1/healthz`)).status).toBe(200);
});

test("a second platform on a folder is refused, and lastAddresses returns the first one's address", async () => {
  const folder = await newFolder();
  await expect(lastAddresses(folder)).rejects.toThrow('Run `npm start` first');
  const platform = await start(folder);
  await expect(start(folder)).rejects.toThrow('is in use by the platform with process id');
  expect((await lastAddresses(folder)).url).toBe(platform.url);
});
