import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changeLayout, configType, layerType, manifestType, refName } from '../../../../embedded/image/layout.ts';
import { page, readRange } from '../../../../embedded/registry/pages.ts';
import { createRegistry, type Registry } from '../../../../embedded/registry/registry.ts';
import { withLock } from '../../../../lib/lock-file.ts';

let imagesFolder: string;
let registry: Registry;
let server: Server;
let base: string;

const sha = (content: string) => createHash('sha256').update(content).digest('hex');

/** Adds an image with one layer to a repository, under a tag. @returns the digests of manifest and layer */
const addImage = async (repository: string, tag: string, content: string) => {
  const blobs = join(imagesFolder, `.new-${sha(repository + tag + content)}`);
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, text: string) => {
    await writeFile(join(blobs, sha(text)), text);
    return { mediaType, digest: `sha256:${sha(text)}`, size: text.length };
  };
  const config = await put(configType, JSON.stringify({ of: content }));
  const layer = await put(layerType, content);
  const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers: [layer] };
  const entry = { ...(await put(manifestType, JSON.stringify(manifest))), annotations: { [refName]: tag } };
  await changeLayout(
    { imagesFolder, repository },
    {
      blobs,
      change: (index) => ({
        ...index,
        manifests: [...index.manifests.filter(({ annotations }) => annotations?.[refName] !== tag), entry],
      }),
    },
  );
  await rm(blobs, { recursive: true });
  return { manifest: entry.digest, layer: layer.digest, config: config.digest };
};

const account = { username: 'functions', password: 'p4ssword' };
const basic = (credential: string) => `Basic ${Buffer.from(credential).toString('base64')}`;
const authorization = basic('functions:p4ssword');

const get = (path: string, options: RequestInit = {}) => fetch(`${base}${path}`, options);
/** Sends a request with the credential of the account that may delete images. */
const send = (method: string, path: string) => get(path, { method, headers: { authorization } });

beforeEach(async () => {
  imagesFolder = join(tmpdir(), `registry-test-${process.pid}-${Math.random().toString(36).slice(2)}`);
  await mkdir(imagesFolder);
  registry = createRegistry({ imagesFolder, account });
  server = createServer(registry.handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(imagesFolder, { recursive: true, force: true });
});

test('the registry responds to GET /v2/', async () => {
  const response = await get('/v2/');
  expect(response.status).toBe(200);
  expect(response.headers.get('docker-distribution-api-version')).toBe('registry/2.0');
});

test('the registry sends a manifest by tag and digest, and blobs as a whole and in ranges', async () => {
  const image = await addImage('tool-x/web', 'latest', '0123456789');
  for (const reference of ['latest', image.manifest]) {
    const response = await get(`/v2/tool-x/web/manifests/${reference}`);
    expect(response.headers.get('content-type')).toBe(manifestType);
    expect(response.headers.get('docker-content-digest')).toBe(image.manifest);
    expect(`sha256:${sha(await response.text())}`).toBe(image.manifest);
  }
  const head = await get('/v2/tool-x/web/manifests/latest', { method: 'HEAD' });
  expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
  expect(await (await get(`/v2/tool-x/web/blobs/${image.layer}`)).text()).toBe('0123456789');
  const part = await get(`/v2/tool-x/web/blobs/${image.layer}`, { headers: { range: 'bytes=2-4' } });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
  const beyond = await get(`/v2/tool-x/web/blobs/${image.layer}`, { headers: { range: 'bytes=10-' } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
});

test('the registry lists repositories and tags in pages', async () => {
  for (const name of ['b/two', 'a/one', 'a/one/deep', 'c']) await addImage(name, 'latest', name);
  for (const tag of ['v2', 'v10', 'v1']) await addImage('c', tag, tag);
  const seen: string[] = [];
  let next: string | undefined = '/v2/_catalog?n=2';
  while (next !== undefined) {
    const response = await get(next);
    seen.push(...((await response.json()) as { repositories: string[] }).repositories);
    next = /<(.*)>/.exec(response.headers.get('link') ?? '')?.[1];
  }
  expect(seen).toEqual(['a/one', 'a/one/deep', 'b/two', 'c']);
  expect(await (await get('/v2/c/tags/list')).json()).toEqual({ name: 'c', tags: ['latest', 'v1', 'v10', 'v2'] });
});

test('deleting a manifest deletes its blobs and keeps those of other manifests', async () => {
  const one = await addImage('tool-x/web', 'one', 'first');
  const two = await addImage('tool-x/web', 'two', 'second');
  const before = await registry.usage('tool-x');
  expect((await send('DELETE', `/v2/tool-x/web/manifests/${one.manifest}`)).status).toBe(202);
  expect((await get(`/v2/tool-x/web/blobs/${one.layer}`)).status).toBe(404);
  expect((await get('/v2/tool-x/web/manifests/one')).status).toBe(404);
  expect((await get(`/v2/tool-x/web/blobs/${two.layer}`)).status).toBe(200);
  expect((await registry.usage('tool-x')).bytes).toBeLessThan(before.bytes);
  expect((await send('DELETE', '/v2/tool-x/web/manifests/two')).status).toBe(202);
  expect(await registry.usage('tool-x')).toEqual({ repositories: [], bytes: 0 });
  expect((await get('/v2/tool-x/web/tags/list')).status).toBe(404);
});

test("a project's usage counts no other project", async () => {
  await addImage('tool-x/web', 'latest', 'one');
  await addImage('tool-xy/web', 'latest', 'two');
  expect((await registry.usage('tool-x')).repositories).toEqual(['tool-x/web']);
});

test('concurrent changes of a repository lose no tag and leave no unused blob', async () => {
  const tags = Array.from({ length: 20 }, (_, index) => `t${index}`);
  await Promise.all(tags.map((tag) => addImage('tool-x/web', tag, tag)));
  expect(((await (await get('/v2/tool-x/web/tags/list')).json()) as { tags: string[] }).tags).toEqual(tags.sort());
  await Promise.all(tags.slice(1).map((tag) => send('DELETE', `/v2/tool-x/web/manifests/${tag}`)));
  expect(await readdir(join(imagesFolder, 'tool-x/web/blobs/sha256'))).toHaveLength(3);
}, 60_000);

test('a change takes over the lock of a process that was killed', async () => {
  const locks = join(imagesFolder, '.locks');
  await mkdir(locks);
  await withLock(join(locks, 'own'), async () => {
    const held = await readFile(join(locks, 'own'), 'utf8');
    const noProcess = ' 4194305 ';
    await writeFile(join(locks, encodeURIComponent('tool-x/web')), held.replace(` ${process.pid} `, noProcess));
  });
  await addImage('tool-x/web', 'latest', 'one');
  expect((await get('/v2/tool-x/web/manifests/latest')).status).toBe(200);
});

test.each([
  ['/v2/none/tags/list', 'GET', 404, 'NAME_UNKNOWN'],
  ['/v2/none/manifests/latest', 'GET', 404, 'NAME_UNKNOWN'],
  ['/v2/none/manifests/latest', 'DELETE', 404, 'NAME_UNKNOWN'],
  [`/v2/none/blobs/sha256:${'0'.repeat(64)}`, 'GET', 404, 'BLOB_UNKNOWN'],
  ['/v2/none/blobs/sha256:1', 'GET', 400, 'DIGEST_INVALID'],
  ['/v2/%2e%2e/manifests/latest', 'GET', 404, 'NOT_FOUND'],
  ['/v2/..%2f..%2fetc/manifests/latest', 'GET', 400, 'NAME_INVALID'],
  ['/v2/UPPER/manifests/latest', 'GET', 400, 'NAME_INVALID'],
  ['/v2/.locks/tags/list', 'GET', 400, 'NAME_INVALID'],
  ['/v2/none/manifests/%00', 'GET', 400, 'TAG_INVALID'],
  ['/v2/none/blobs/uploads/', 'POST', 404, 'NOT_FOUND'],
  ['/v2/none/manifests/latest', 'PUT', 405, 'UNSUPPORTED'],
  ['/elsewhere', 'GET', 404, 'NOT_FOUND'],
])('the registry refuses %s by %s with %i %s', async (path, method, status, code) => {
  const response = await send(method, path);
  expect([response.status, await response.json()]).toMatchObject([status, { errors: [{ code }] }]);
});

describe('a request that changes images', () => {
  test.each([
    undefined,
    'Basic ',
    'Bearer p4ssword',
    basic('functions:'),
    basic('functions:p4sswor'),
    basic('other:p4ssword'),
    `${authorization} `.repeat(2),
  ])('is refused with the credential %j, and the image stays', async (credential) => {
    const { manifest } = await addImage('tool-x/web', 'latest', 'one');
    const headers = credential === undefined ? {} : { authorization: credential };
    for (const method of ['DELETE', 'PUT', 'POST', 'PATCH', 'OPTIONS'])
      for (const path of [`/v2/tool-x/web/manifests/${manifest}`, '/v2/tool-x/web/manifests/latest', '/v2/']) {
        const response = await get(path, { method, headers });
        expect({ method, path, status: response.status }).toEqual({ method, path, status: 401 });
        expect(response.headers.get('www-authenticate')).toBe('Basic realm="registry"');
      }
    expect((await get('/v2/tool-x/web/manifests/latest')).status).toBe(200);
  });
});

test('property: pages of any size hold every item once, in order', () => {
  const names = fc.uniqueArray(fc.string({ unit: 'grapheme-ascii', minLength: 1 }), { maxLength: 20 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 7 }), (list, size) => {
      const sorted = [...list].sort();
      const seen: string[] = [];
      let url: URL | undefined = new URL(`http://h/v2/_catalog?n=${size}`);
      while (url !== undefined) {
        const { items, link } = page(sorted, url);
        seen.push(...items);
        const next: string | undefined = /<(.*)>/.exec(link.link ?? '')?.[1];
        url = next === undefined ? undefined : new URL(next, 'http://h');
      }
      expect(seen).toEqual(sorted);
    }),
  );
});

test('property: a range never reaches outside the blob', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^bytes=\d{0,3}-\d{0,3}$/), fc.nat(200), (header, size) => {
      const range = readRange(header, size);
      if (range === undefined || range === 'unsatisfiable') return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeLessThan(size);
      expect(range.start).toBeLessThanOrEqual(range.end);
    }),
  );
});
