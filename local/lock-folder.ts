import { mkdir } from 'node:fs/promises';
import { acquireLock, LockHeldError } from '../lib/lock-file.ts';
import { paths } from './folder.ts';

const inUse = (folder: string, path: string, pid: number | undefined): Error =>
  new Error(
    pid === undefined
      ? `${folder} is in use by a platform of another machine or container. Stop that platform, remove ${path} if none runs, or set TOOLFORGE_BUILDS_DATA to another folder.`
      : `${folder} is in use by the platform with process id ${pid}. Stop that platform, or set TOOLFORGE_BUILDS_DATA to another folder.`,
  );

/**
 * Makes the data folder of an embedded platform and locks it, because two platforms on one folder would overwrite each
 * other's objects.
 * @returns a function that releases the folder
 * @throws Error when another platform uses the folder
 */
export const lockFolder = async (folder: string): Promise<() => Promise<void>> => {
  const path = paths(folder).lock;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return acquireLock(path, { waitMs: 0 }).catch((error: unknown) => {
    throw error instanceof LockHeldError ? inUse(folder, path, error.pid) : error;
  });
};
