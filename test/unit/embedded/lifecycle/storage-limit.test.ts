import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { checkStorage } from '../../../../embedded/lifecycle/storage-limit.ts';
import { registryRefusal } from '../../../../lib/tekton/registry-refusals.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-limit-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Puts blobs of the given sizes into a folder, named by their position and size. */
const blobsIn = async (name: string, sizes: number[]): Promise<string> => {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await Promise.all(sizes.map((size, at) => writeFile(join(path, `${at}-${size}`), Buffer.alloc(size))));
  return path;
};

const store = async (repository: string, sizes: number[]): Promise<void> => {
  await blobsIn(`images/${repository}/blobs/sha256`, sizes);
  await writeFile(join(folder, 'images', repository, 'index.json'), '{}');
};

const check = async (limit: number, sizes: number[]): Promise<void> =>
  checkStorage({ imagesFolder: join(folder, 'images'), repository: 'tool-x/web' }, await blobsIn('new', sizes), limit);

test('an image that fits exactly is stored, and one byte more is refused', async () => {
  await store('tool-x/old', [100]);
  await check(300, [200]);
  await expect(check(299, [200])).rejects.toMatchObject({ exitCode: 62 });
});

test('images of other tools do not count', async () => {
  await store('tool-xy/web', [1000]);
  await check(10, [10]);
});

test('layers that the repository has already do not count twice', async () => {
  await store('tool-x/web', [70, 20]);
  await check(95, [70, 20, 5]);
  await expect(check(94, [70, 20, 5])).rejects.toThrow('adding 5 B');
});

test.each([
  [
    0,
    'adding 10 B of storage resource, which when updated to current usage of 0 B will exceed the configured upper limit of 0 B',
    'the tool has no storage in the registry (the limit is 0)',
  ],
  [1, 'upper limit of 1 B', 'limit of 1 B'],
])(
  'the refusal at a limit of %d has the words of Harbor, and the service explains them',
  async (limit, words, explained) => {
    const error: Error = await check(limit, [10]).then(
      () => new Error('stored'),
      (reason: Error) => reason,
    );
    expect(error.message).toContain(words);
    const results = [{ name: 'failure', value: `\n[exporter] ERROR: ${error.message}` }];
    expect(registryRefusal({ name: 'export', container: 'step-export', results })).toContain(explained);
  },
);

test.each([
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [1024 ** 2, '1.0 MiB'],
  [3 * 1024 ** 3, '3.0 GiB'],
])('a limit of %d bytes is shown as %s', async (limit, shown) => {
  await store('tool-x/web', [0]);
  // The file has a size, and takes no space on the disk.
  await truncate(join(folder, 'images/tool-x/web/blobs/sha256/0-0'), limit);
  await expect(check(limit, [1])).rejects.toThrow(
    `current usage of ${shown} will exceed the configured upper limit of ${shown}.`,
  );
});
