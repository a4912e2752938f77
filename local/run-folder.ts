/**
 * The folder for all temporary files of one command: `npm start`, `npm run demo` or `npm run image`. The folder's name
 * has the id and the start time of the command's process, so that a later command knows from the first moment on whether
 * that process still runs. Every process that a command starts has its variable TMPDIR below this folder, or below the
 * data folder.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Group, killGroupNow, markerOf, recordedLeader } from '../embedded/processes.ts';
import { removeFolderNow } from '../embedded/remove-folder.ts';
import { leftProcesses } from '../embedded/tekton/recovery.ts';
import { isRunning, processSpace, startTimeOf } from '../lib/process-identity.ts';
import { paths } from './folder.ts';

/** Process ids can be compared only within one machine or container, so its name is in the folders' names as a hash. */
const space = createHash('sha256').update(processSpace()).digest('hex').slice(0, 12);
const prefix = `toolforge-builds-${space}-`;

/** Places in the folder of a command. */
export const runPaths = (folder: string) => ({
  /** Data folder of the demo's platform. */
  data: join(folder, 'data'),
  git: join(folder, 'git'),
  /** TMPDIR of the programs that a command starts itself. */
  temporary: join(folder, 'tmp'),
  /** File with the process of a running image. */
  imageProcess: join(folder, 'image.json'),
});

/** @param place folder for temporary files. Default: the system's */
export const makeRunFolder = (place = tmpdir()): string =>
  realpathSync(mkdtempSync(join(place, `${prefix}${process.pid}-${startTimeOf(process.pid) ?? ''}-`)));

/** Returns the processes that a command has started with the folder, and that still run. */
const processesOf = (folder: string): Group => {
  const { data, imageProcess } = runPaths(folder);
  const { leaders } = leftProcesses(paths(data).tekton);
  return { leaders: [...leaders, ...recordedLeader(imageProcess)], marker: markerOf(folder) };
};

/** Kills the processes of a command and removes its folder, before it returns. */
export const clearRunFolder = (folder: string): void => {
  try {
    killGroupNow(processesOf(folder));
  } finally {
    removeFolderNow(folder);
  }
};

/**
 * Tells whether a folder was made by a command of this user on this machine, whose process has ended. Folders of other
 * users, and links, are never touched: everybody can write in the system's folder for temporary files.
 */
const isLeft = (place: string, name: string): boolean => {
  const [, pid, startTime = ''] = /^(\d+)-(\d*)-[^-]+$/.exec(name.slice(prefix.length)) ?? [];
  if (!name.startsWith(prefix) || pid === undefined) return false;
  const found = lstatSync(join(place, name), { throwIfNoEntry: false });
  if (!found?.isDirectory() || found.uid !== process.geteuid?.()) return false;
  return !isRunning(Number(pid), startTime === '' ? undefined : startTime);
};

/** @returns a warning when the folder can't be removed, and nothing when another command has removed it meanwhile */
const clearLeftFolder = (path: string): string[] => {
  try {
    clearRunFolder(realpathSync(path));
  } catch (error) {
    if (existsSync(path))
      return [`Warning: ${path} is left from an earlier command and can't be removed. ${(error as Error).message}`];
  }
  return [];
};

/**
 * Ends and removes what commands have left that were killed, and could not do so themselves.
 * @param place folder for temporary files. Default: the system's
 * @returns a warning for each folder that can't be removed
 */
export const clearLeftRunFolders = (place = tmpdir()): string[] =>
  readdirSync(place)
    .filter((name) => isLeft(place, name))
    .flatMap((name) => clearLeftFolder(join(place, name)));
