import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { openSecret } from '../../../../lib/secret.ts';
import { createFolderStore } from '../../../../lib/store/folder.ts';
import { createS3Store } from '../../../../lib/store/s3.ts';
import type { ObjectStore } from '../../../../lib/store/types.ts';
import { startSecureServer } from '../../../support/certificates.ts';
import { fixedSecret } from '../../../support/secret.ts';
import { type FakeS3, startFakeS3 } from './fake-s3.ts';

/**
 * Defines the tests that every object store must pass. The S3 store is tested against a fake S3 service, and against
 * the service at TEST_S3_ENDPOINT where this variable is set.
 */
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

  test('get returns a stored object, whole and in ranges', async () => {
    const key = `${prefix}/logs/tool/b-1/index.json`;
    await store.put(key, bytes('0123456789'));
    expect(text(await store.get(key))).toBe('0123456789');
    expect(text(await store.get(key, { offset: 3, length: 4 }))).toBe('3456');
    expect(text(await store.get(key, { offset: 8, length: 100 }))).toBe('89');
    expect(text(await store.get(key, { offset: 50, length: 1 }))).toBe('');
    expect(text(await store.get(key, { offset: 2, length: 0 }))).toBe('');
  });

  test('get returns the stored bytes, of one megabyte and of none', async () => {
    const many = randomBytes(1_000_000);
    await store.put(`${prefix}/many`, many);
    await store.put(`${prefix}/none`, bytes(''));
    expect(Buffer.compare(Buffer.from((await store.get(`${prefix}/many`)) ?? []), many)).toBe(0);
    expect(await store.get(`${prefix}/none`)).toHaveLength(0);
  });

  test('put replaces an earlier object', async () => {
    await store.put(`${prefix}/a`, bytes('first, and longer'));
    await store.put(`${prefix}/a`, bytes('second'));
    expect(text(await store.get(`${prefix}/a`))).toBe('second');
  });

  test('get returns undefined for a missing object, and remove accepts it', async () => {
    expect(await store.get(`${prefix}/b`)).toBeUndefined();
    expect(await store.get(`${prefix}/b`, { offset: 0, length: 1 })).toBeUndefined();
    await store.remove(`${prefix}/b`);
  });

  test('list returns the keys that begin with a prefix', async () => {
    for (const key of ['logs/a/1', 'logs/a/2/x', 'logs/ab/3', 'other']) await store.put(`${prefix}/${key}`, bytes(key));
    expect(await keys('logs/a/')).toEqual(['logs/a/1', 'logs/a/2/x']);
    expect(await keys('logs/a')).toEqual(['logs/a/1', 'logs/a/2/x', 'logs/ab/3']);
    expect(await keys('none/')).toEqual([]);
    await store.remove(`${prefix}/logs/a/1`);
    expect(await keys('logs/a/')).toEqual(['logs/a/2/x']);
  });

  test('list returns the keys behind a text in order, also over several pages', async () => {
    const stored = ['a-b/1', 'a-b/2', 'a.b', 'a/1', 'a/2/x', 'ab', 'b/1', 'b/2', 'b0'];
    for (const key of stored.toReversed()) await store.put(`${prefix}/${key}`, bytes(key));
    const after = async (text?: string): Promise<string[]> => {
      const found: string[] = [];
      const place = text === undefined ? undefined : `${prefix}/${text}`;
      for await (const key of store.list(`${prefix}/`, place)) found.push(key.slice(prefix.length + 1));
      return found;
    };
    expect(await after()).toEqual(stored);
    for (const text of ['a', 'a-b/1', 'a0', 'b/1', 'zz', ''])
      expect(await after(text)).toEqual(stored.filter((key) => key > text));
  });

  test.each(['', '/a', '../a', 'a/../b', 'a b', 'a?b'])('put refuses the key %j', async (key) => {
    await expect(store.put(key, bytes('x'))).rejects.toThrow('invalid key');
  });
};

describe('a folder store', () =>
  suite(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'store-'));
    return { store: createFolderStore(folder), close: () => rm(folder, { recursive: true, force: true }) };
  }));

const optionsOf = (endpoint: string) => ({
  endpoint,
  bucket: 'bucket',
  region: 'us-east-1',
  accessKey: fixedSecret('key'),
  secretKey: fixedSecret('secret'),
});

describe('an S3 store against a small server', () =>
  suite(async () => {
    const server = await startFakeS3();
    return { store: createS3Store(optionsOf(server.url)), close: server.close };
  }));

const { TEST_S3_ENDPOINT, TEST_S3_BUCKET, TEST_S3_ACCESS_KEY, TEST_S3_SECRET_KEY } = process.env;
(TEST_S3_ENDPOINT ? describe : describe.skip)('an S3 store against a real service', () =>
  suite(async () => ({
    store: createS3Store({
      endpoint: TEST_S3_ENDPOINT ?? '',
      bucket: TEST_S3_BUCKET ?? 'build-logs',
      region: 'us-east-1',
      accessKey: fixedSecret(TEST_S3_ACCESS_KEY ?? ''),
      secretKey: fixedSecret(TEST_S3_SECRET_KEY ?? ''),
    }),
    close: async () => undefined,
  })),
);

describe('an S3 store whose service misbehaves', () => {
  let server: FakeS3;
  beforeAll(async () => {
    server = await startFakeS3();
  });
  afterAll(() => server.close());
  afterEach(() => server.break(undefined));
  const store = (more = {}) => createS3Store({ ...optionsOf(server.url), sleep: async () => undefined, ...more });
  const unavailable = { status: 503, code: 'log_unavailable', retryAfter: 5 };

  test('new keys are read when the service refuses the former, and every request succeeds', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 's3-keys-'));
    const write = async (accessKey: string, secretKey: string) => {
      await writeFile(path.join(folder, 'access-key'), accessKey);
      await writeFile(path.join(folder, 'secret-key'), secretKey);
      return { accessKey, secretKey };
    };
    const open = (key: string) => openSecret({ path: path.join(folder, key), log: () => undefined });
    await write('key', 'secret');
    const rotating = store({ accessKey: open('access-key'), secretKey: open('secret-key') });
    await rotating.put('rotated', Buffer.from('x'));
    server.accept(await write('key-2', 'secret-2'));
    expect(await rotating.get('rotated')).toHaveLength(1);
    server.accept(await write('key-2', 'secret-3'));
    await rotating.remove('rotated');
    server.accept({ accessKey: 'key', secretKey: 'secret' });
    await expect(rotating.get('rotated')).rejects.toMatchObject(unavailable);
    await rm(folder, { recursive: true });
  });

  test.each([
    ['InvalidAccessKeyId', 403, 'S3_ACCESS_KEY_FILE'],
    ['SignatureDoesNotMatch', 403, 'S3_SECRET_KEY_FILE'],
    ['AccessDenied', 403, 'read, write, list and delete'],
    ['NoSuchBucket', 404, 'correct S3_BUCKET'],
    ['RequestTimeTooSkewed', 403, 'clock'],
    ['AuthorizationHeaderMalformed', 400, 'S3_REGION'],
  ])('a refusal with the code %s gives 503, and the log says what to do', async (code, status, what) => {
    const body = `<Error><Code>${code}</Code><Message>refused</Message></Error>`;
    server.break({ times: Number.POSITIVE_INFINITY, status, body });
    await expect(store().get('a')).rejects.toMatchObject({
      ...unavailable,
      cause: { message: expect.stringMatching(new RegExp(`status ${status} \\(${code}: refused\\)\\. .*${what}`)) },
    });
  });

  test('a certificate that is not trusted gives 503, and the log names the address and what is wrong', async () => {
    const secure = await startSecureServer((_, res) => void res.end());
    await expect(store({ endpoint: secure.url }).get('a')).rejects.toMatchObject({
      ...unavailable,
      cause: { message: expect.stringMatching(/^the certificate of https:\/\/localhost:[0-9]+ is not signed by/) },
    });
    await secure.close();
  });

  test('list reads all pages', async () => {
    for (let n = 0; n < 7; n += 1) await store().put(`many/${n}`, Buffer.from('x'));
    const found = [];
    for await (const key of store().list('many/')) found.push(key);
    expect(found.sort()).toEqual(Array.from({ length: 7 }, (_, n) => `many/${n}`));
  });

  test('a request succeeds after two temporary failures', async () => {
    server.break({ times: 2, status: 503 });
    await store().put('a', Buffer.from('x'));
    server.break({ times: 2, status: 0 });
    expect(await store().get('a')).toHaveLength(1);
  });

  test.each([500, 503, 0])(
    'a service that always responds with %i (0: breaks the connection) gives 503 with the cause',
    async (status) => {
      server.break({ times: Number.POSITIVE_INFINITY, status });
      await expect(store({ attempts: 2 }).get('a')).rejects.toMatchObject({
        ...unavailable,
        cause: { message: expect.any(String) },
      });
    },
  );

  test.each([403, 400])('a request is not sent again after status %i', async (status) => {
    server.break({ times: Number.POSITIVE_INFINITY, status });
    const before = server.requests();
    await expect(store().put('a', Buffer.from('x'))).rejects.toMatchObject(unavailable);
    expect(server.requests() - before).toBe(1);
  });

  test('a wrong key and a missing bucket give 503, not a missing object', async () => {
    await expect(store({ secretKey: 'wrong' }).get('a')).rejects.toMatchObject(unavailable);
    await expect(store({ bucket: 'none' }).get('a')).rejects.toMatchObject(unavailable);
  });

  test('a request that gets no response in time gives 503', async () => {
    server.break({ times: Number.POSITIVE_INFINITY, status: -1 });
    await expect(store({ attempts: 1, timeoutMs: 50 }).get('a')).rejects.toMatchObject(unavailable);
  });
});
