import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createLog } from '../../../lib/log.ts';
import { lastAddresses } from '../../../local/addresses.ts';
import { type Platform, startPlatform } from '../../../local/platform.ts';
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

/** Sends a request with any Host header, which fetch does not allow. Returns the status of the response. */
const statusOf = (url: string, method: string, headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });

test('a website whose name leads to this machine reaches no part of the platform that needs no credential', async () => {
  const { url, environment } = await start(await newFolder());
  const internal = new URL(environment.BROKER_URL ?? '').origin;
  const places = [
    `${url}/v2/_catalog`,
    `${url}/docs/`,
    `${url}/issuer/jwks`,
    `${internal}/broker`,
    `${internal}/events/accept-tekton`,
  ];
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  for (const place of [...places, `${internal}/api/v1/namespaces/image-build/pods`, `${internal}/healthz`])
    for (const method of methods)
      for (const host of ['attacker.example', '127.0.0.1.attacker.example', 'localhost.attacker.example:8080']) {
        const status = await statusOf(place, method, { host });
        expect({ place, method, host, status }).toEqual({ place, method, host, status: 421 });
      }
  for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1:8080', '[::1]:8080'])
    expect(await statusOf(`${url}/v2/_catalog`, 'GET', { host })).toBe(200);
});

test('no request without a credential changes an image, an object or an event of the platform', async () => {
  const { url, environment } = await start(await newFolder());
  const internal = new URL(environment.BROKER_URL ?? '').origin;
  const pods = `${internal}/api/v1/namespaces/image-build/pods`;
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    for (const authorization of ['', 'Bearer x', 'Basic Og==']) {
      const status = (place: string) => statusOf(place, method, { authorization });
      expect(await status(`${url}/v2/tool-a/app/manifests/latest`)).toBe(401);
      expect(await status(pods)).toBe(401);
      expect(await status(`${pods}/a`)).toBe(401);
      expect(await status(`${internal}/broker`)).toBe(method === 'POST' ? 401 : 405);
      expect(await status(`${internal}/events/sweep`)).toBe(method === 'POST' ? 401 : 405);
    }
});
