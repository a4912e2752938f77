import { open } from 'node:fs/promises';
import { BodyTooLargeError, readBounded } from '../lib/bounded-body.ts';
import { exitCodes, Failure } from './failure.ts';

/** The text of a file, and what other users of the machine can do with the file. */
export type OwnedFile = {
  path: string;
  text: string;
  /** Why the content may be another user's, as the end of a sentence such as "/x/config …"; undefined if it is not. */
  foreign: string | undefined;
  /** Whether every user of the machine can read the file. */
  isPublic: boolean;
};

/** Largest size in bytes of a configuration file, certificate or token. */
const maxBytes = 8 * 1024 * 1024;

type Stats = { uid: number; mode: number; isFile: () => boolean };

/**
 * Describes why a file may be another user's. The files of root are everybody's, and root may use all files. Pipes have
 * no path that another user could write to.
 */
const foreignReason = (stats: Stats, user: number | undefined): string | undefined => {
  const { uid, mode } = stats;
  if (user === undefined || !stats.isFile()) return undefined;
  if ((mode & 0o002) !== 0) return 'can be changed by every user of this machine';
  return uid === user || uid === 0 || user === 0 ? undefined : 'belongs to another user';
};

const unreadable = (path: string, cause: unknown): Failure => {
  const reason =
    cause instanceof BodyTooLargeError ? `larger than ${maxBytes} bytes` : (cause as { code?: string }).code;
  return new Failure(exitCodes.usage, `The file ${path} can't be read (${reason}).`, { cause });
};

/**
 * Reads a file of at most 8 MiB.
 * @returns undefined when the file does not exist
 * @throws Failure when the file can't be read or is too large
 */
export const readOwnedFile = async (path: string): Promise<OwnedFile | undefined> => {
  try {
    const file = await open(path, 'r');
    // Owner and mode are read from the open file and not from its path, because another file may replace it at the path
    // in the meantime.
    const stats = await file.stat().catch(async (error: unknown) => {
      await file.close();
      throw error;
    });
    const text = (await readBounded(file.createReadStream(), maxBytes)).toString('utf8');
    const foreign = foreignReason(stats, process.getuid?.());
    return { path, text, foreign, isPublic: stats.isFile() && (stats.mode & 0o004) !== 0 };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw unreadable(path, error);
  }
};
