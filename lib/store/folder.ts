import { randomUUID } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { type RetryOptions, retry } from '../retry.ts';
import { keyParts, storeFailure } from './keys.ts';
import type { ObjectStore, Range } from './types.ts';

const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error) ?? '');

/** Runs an action on the file system. @throws ApiError 503 log_unavailable for every error of the file system */
const mapErrors = async <T>(act: () => Promise<T>): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw storeFailure(error);
  }
};

/** Makes the names of files in a folder durable, so that they survive a crash of the machine. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const writeSynced = async (file: string, bytes: Uint8Array): Promise<void> => {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const readRange = async (file: string, { offset, length }: Range): Promise<Uint8Array> => {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
};

/** Compares the entries of a folder by the keys of their objects: the keys below a folder go on with a slash. */
const byKey = (a: Dirent, b: Dirent): number => {
  const [first, second] = [a, b].map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)) as [
    string,
    string,
  ];
  return first < second ? -1 : 1;
};

async function* keysBelow(root: string, parts: string[], prefix: string): AsyncGenerator<string> {
  const entries = await readdir(path.join(root, ...parts), { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw storeFailure(error);
  });
  for (const entry of entries.sort(byKey)) {
    const key = [...parts, entry.name].join('/');
    const matches = key.startsWith(prefix) || (entry.isDirectory() && prefix.startsWith(`${key}/`));
    // Files whose names begin with a dot are not objects, but unfinished writes: in progress, or cut off by a crash.
    if (!matches || entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) yield* keysBelow(root, [...parts, entry.name], prefix);
    else yield key;
  }
}

async function* keysAfter(root: string, prefix: string, after: string): AsyncGenerator<string> {
  for await (const key of keysBelow(root, [], prefix)) if (key > after) yield key;
}

/**
 * A write is retried at once when its folder has vanished: a process that removes the last object of a folder removes
 * the folder too.
 */
const writeRetries: RetryOptions = {
  attempts: 5,
  delayMs: () => 0,
  isTemporary: (error) => errorCode(error) === 'ENOENT',
};

const write = async (file: string, bytes: Uint8Array): Promise<void> => {
  const parent = path.dirname(file);
  const temporary = path.join(parent, `.${randomUUID()}`);
  try {
    await mkdir(parent, { recursive: true });
    await writeSynced(temporary, bytes);
    await rename(temporary, file);
    await syncFolder(parent);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
};

/** Returns the bytes of a file, or of a range of the file; undefined where the file is missing. */
const readIfPresent = async (file: string, range: Range | undefined): Promise<Uint8Array | undefined> => {
  try {
    return await (range ? readRange(file, range) : readFile(file));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

const removeIfPresent = (file: string): Promise<void> =>
  unlink(file).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });

/** Removes a folder and the folders above it up to `root`, as long as they are empty. */
const removeEmptyFolders = async (root: string, folder: string): Promise<void> => {
  if (!path.relative(root, folder)) return;
  const isRemoved = await rmdir(folder).then(
    () => true,
    () => false,
  );
  if (isRemoved) await removeEmptyFolders(root, path.dirname(folder));
};

/** Makes a store that keeps objects as files below one folder. The first write makes the folder. */
export const createFolderStore = (root: string): ObjectStore => {
  const fileOf = (key: string) => path.join(root, ...keyParts(key));
  return {
    put: async (key, bytes) => {
      const file = fileOf(key);
      await mapErrors(() => retry(writeRetries, () => write(file, bytes)));
    },
    get: async (key, range) => {
      const file = fileOf(key);
      return mapErrors(() => readIfPresent(file, range));
    },
    list: (prefix, after = '') => keysAfter(root, prefix, after),
    remove: async (key) => {
      const file = fileOf(key);
      await mapErrors(async () => {
        await removeIfPresent(file);
        await removeEmptyFolders(root, path.dirname(file));
      });
    },
  };
};
