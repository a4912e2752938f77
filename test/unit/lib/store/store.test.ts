import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createFolderStore } from '../../../../lib/store/folder.ts';
import { createS3Store } from '../../../../lib/store/s3.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import { type FakeS3, startFakeS3 } from './fake-s3.ts';

/** Every store keeps to this. S3's is a small server here, and a real service where TEST_S3_ENDPOINT names one. */
const suite = (open: () => Promise<{ store: ObjectStore; close: () => Promise<unknown> }>) => {
  const prefix = `test-${randomBytes(4).toString('hex')}`;
  let store: ObjectStore;
  let close: () => Promise<unknown>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  const bytes = (text: string) => Buffer.from(text);
  const text = (found: Uint8Array | undefined) => found && Buffer.from(found).toString();
  const keys = async (below: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const key of store.list(`${prefix}/${below}`)) found.push(key.slice(prefix.length + 1));
    return found.sort();
  };
  afterEach(async () => {
    for (const key of await keys('')) await store.remove(`${prefix}/${key}`);
  });

  test('what is put can be got, whole and in ranges', async () => {
    const key = `${prefix}/logs/tool/b-1/index.json`;
    await store.put(key, bytes('0123456789'));
    expect(text(await store.get(key))).toBe('0123456789');
    expect(text(await store.get(key, { offset: 3, length: 4 }))).toBe('3456');
    expect(text(await store.get(key, { offset: 8, length: 100 }))).toBe('89');
    expect(text(await store.get(key, { offset: 50, length: 1 }))).toBe('');
    expect(text(await store.get(key, { offset: 2, length: 0 }))).toBe('');
  });

  test('bytes come back as they were, a megabyte and none', async () => {
    const many = randomBytes(1_000_000);
    await store.put(`${prefix}/many`, many);
    await store.put(`${prefix}/none`, bytes(''));
    expect(Buffer.compare(Buffer.from((await store.get(`${prefix}/many`)) ?? []), many)).toBe(0);
    expect(await store.get(`${prefix}/none`)).toHaveLength(0);
  });

  test('a later write replaces an earlier one', async () => {
    await store.put(`${prefix}/a`, bytes('first, and longer'));
    await store.put(`${prefix}/a`, bytes('second'));
    expect(text(await store.get(`${prefix}/a`))).toBe('second');
  });

  test('what is not there is undefined, and may be removed', async () => {
    expect(await store.get(`${prefix}/b`)).toBeUndefined();
    expect(await store.get(`${prefix}/b`, { offset: 0, length: 1 })).toBeUndefined();
    await store.remove(`${prefix}/b`);
  });

  test('lists by the first characters of the key', async () => {
    for (const key of ['logs/a/1', 'logs/a/2/x', 'logs/ab/3', 'other']) await store.put(`${prefix}/${key}`, bytes(key));
    expect(await keys('logs/a/')).toEqual(['logs/a/1', 'logs/a/2/x']);
    expect(await keys('logs/a')).toEqual(['logs/a/1', 'logs/a/2/x', 'logs/ab/3']);
    expect(await keys('none/')).toEqual([]);
    await store.remove(`${prefix}/logs/a/1`);
    expect(await keys('logs/a/')).toEqual(['logs/a/2/x']);
  });

  test.each(['', '/a', '../a', 'a/../b', 'a b', 'a?b'])('refuses the key %j', async (key) => {
    await expect(store.put(key, bytes('x'))).rejects.toThrow('invalid key');
  });
};

describe('a folder', () =>
  suite(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'store-'));
    return { store: createFolderStore(folder), close: () => rm(folder, { recursive: true, force: true }) };
  }));

const optionsOf = (endpoint: string) => ({
  endpoint,
  bucket: 'bucket',
  region: 'us-east-1',
  accessKey: 'key',
  secretKey: 'secret',
});

describe('S3', () =>
  suite(async () => {
    const server = await startFakeS3();
    return { store: createS3Store(optionsOf(server.url)), close: server.close };
  }));

const { TEST_S3_ENDPOINT, TEST_S3_BUCKET, TEST_S3_ACCESS_KEY, TEST_S3_SECRET_KEY } = process.env;
(TEST_S3_ENDPOINT ? describe : describe.skip)('an S3 service', () =>
  suite(async () => ({
    store: createS3Store({
      endpoint: TEST_S3_ENDPOINT ?? '',
      bucket: TEST_S3_BUCKET ?? 'build-logs',
      region: 'us-east-1',
      accessKey: TEST_S3_ACCESS_KEY ?? '',
      secretKey: TEST_S3_SECRET_KEY ?? '',
    }),
    close: async () => undefined,
  })),
);

describe('S3 in trouble', () => {
  let server: FakeS3;
  beforeAll(async () => {
    server = await startFakeS3();
  });
  afterAll(() => server.close());
  afterEach(() => server.break(undefined));
  const store = (more = {}) => createS3Store({ ...optionsOf(server.url), ...more });
  const unavailable = { status: 503, code: 'log_unavailable', retryAfter: 5 };

  test('a list of many pages is read to its end', async () => {
    for (let n = 0; n < 7; n += 1) await store().put(`many/${n}`, Buffer.from('x'));
    const found = [];
    for await (const key of store().list('many/')) found.push(key);
    expect(found.sort()).toEqual(Array.from({ length: 7 }, (_, n) => `many/${n}`));
  });

  test('a request that failed twice succeeds at last', async () => {
    server.break({ times: 2, status: 503 });
    await store().put('a', Buffer.from('x'));
    server.break({ times: 2, status: 0 });
    expect(await store().get('a')).toHaveLength(1);
  });

  test.each([500, 503, 0])('answers of %i for ever are 503 with the cause inside', async (status) => {
    server.break({ times: Number.POSITIVE_INFINITY, status });
    await expect(store({ attempts: 2 }).get('a')).rejects.toMatchObject({
      ...unavailable,
      cause: { message: expect.any(String) },
    });
  });

  test.each([403, 400])('a refusal with %i is not asked again', async (status) => {
    server.break({ times: Number.POSITIVE_INFINITY, status });
    const before = server.requests();
    await expect(store().put('a', Buffer.from('x'))).rejects.toMatchObject(unavailable);
    expect(server.requests() - before).toBe(1);
  });

  test('a wrong key and a missing bucket are failures, not missing objects', async () => {
    await expect(store({ secretKey: 'wrong' }).get('a')).rejects.toMatchObject(unavailable);
    await expect(store({ bucket: 'none' }).get('a')).rejects.toMatchObject(unavailable);
  });

  test('a server that says nothing is given up', async () => {
    server.break({ times: Number.POSITIVE_INFINITY, status: -1 });
    await expect(store({ attempts: 1, timeoutMs: 50 }).get('a')).rejects.toMatchObject(unavailable);
  });
});
