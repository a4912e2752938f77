import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { blobPath, layoutFolder, projectUsage, type Repository } from '../image/layout.ts';
import { exitCodes, PhaseError } from './phase.ts';

/** Formats a size as Harbor does in its refusals: with one decimal from 1 KiB on. */
export const displaySize = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`;
  const exponent = Math.floor(Math.log2(bytes) / 10);
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${'KMGTPE'[exponent - 1]}iB`;
};

const sizeOf = async (file: string): Promise<number | undefined> => (await stat(file).catch(() => undefined))?.size;

/** Returns the size of the blobs in a folder that a repository does not have yet, in bytes. */
const newBytes = async (where: Repository, blobs: string): Promise<number> => {
  const sizes = (await readdir(blobs)).map(async (name) => {
    const isKnown = (await sizeOf(blobPath(layoutFolder(where), name))) !== undefined;
    return isKnown ? 0 : ((await sizeOf(join(blobs, name))) ?? 0);
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
};

/**
 * Refuses an image for which its project has no storage left, in the words of Harbor.
 * @param blobs folder with the image's blobs, each named by its digest in hex
 * @param limit storage of the project in bytes
 * @throws PhaseError 62
 */
export const checkStorage = async (where: Repository, blobs: string, limit: number): Promise<void> => {
  const [project = ''] = where.repository.split('/');
  const { bytes: used } = await projectUsage(where.imagesFolder, project);
  const asked = await newBytes(where, blobs);
  if (used + asked <= limit) return;
  throw new PhaseError(
    exitCodes.exportFailed,
    `DENIED: adding ${displaySize(asked)} of storage resource, which when updated to current usage of ${displaySize(used)} will exceed the configured upper limit of ${displaySize(limit)}.`,
  );
};
