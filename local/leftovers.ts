/** Files in the data folder that a killed process has half written, and locks that it held. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { killGroupNow } from '../embedded/processes.ts';
import { removeFolderNow } from '../embedded/remove-folder.ts';
import { leftProcesses, removeUsedFolders } from '../embedded/tekton/recovery.ts';
import { isGone, localPidOf } from '../lib/lock-file.ts';
import { paths } from './folder.ts';

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** Matches names of files that are renamed when they are complete. */
const unfinishedFile = new RegExp(`\\.(?:${uuid}|[0-9a-f]{12})$|^snapshot\\.jsonl\\.new$`);
/** Matches names of folders that are renamed when they are complete. No image and no tool has a name with a dot first. */
const unfinishedFolder = new RegExp(`^\\.(?:staging-)?${uuid}$`);

type Entry = { path: string; name: string; isFolder: boolean };

const entriesOf = (folder: string): Entry[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => {
      return { path: join(folder, entry.name), name: entry.name, isFolder: entry.isDirectory() };
    });
  } catch {
    return [];
  }
};

/** Returns the entries of a folder and of the folders in it, `levels` deep. Folders with blobs of images are left out. */
const entriesBelow = (folder: string, levels: number): Entry[] =>
  entriesOf(folder).flatMap((entry) =>
    entry.isFolder && levels > 1 && entry.name !== 'blobs' ? [entry, ...entriesBelow(entry.path, levels - 1)] : [entry],
  );

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Returns the paths of half written files and folders in a folder, and in the folders in it, `levels` deep. */
const unfinishedIn = (folder: string, levels: number): string[] =>
  entriesBelow(folder, levels)
    .filter(({ name, isFolder }) => (isFolder ? unfinishedFolder : unfinishedFile).test(name))
    .filter(({ name }) => !name.startsWith('lock.'))
    .map(({ path }) => path);

/** Most parts in the name of an image whose half written files are searched. */
const imageLevels = 8;

/** A lock's draft has the name of the lock, a dot and more. */
const locksIn = (folder: string): Entry[] => [
  ...entriesOf(join(paths(folder).images, '.locks')),
  ...entriesOf(folder).filter(({ name }) => name.startsWith('lock.')),
];

/**
 * Age in milliseconds from which a half written file counts as left in the folders that `npm run env` writes into. That
 * command does not lock the data folder, so it may be writing the file.
 */
const leftAfterMs = 60_000;

const isOld = (path: string): boolean => {
  const { mtimeMs } = lstatSync(path, { throwIfNoEntry: false }) ?? {};
  return mtimeMs !== undefined && Date.now() - mtimeMs > leftAfterMs;
};

const isOwn = (lock: string): boolean => localPidOf(textOf(lock)) === process.pid;

/**
 * Removes the files that ended processes have half written into a data folder, and the locks of ended processes. The
 * caller holds the lock of the data folder, and no process of the platform runs. `npm run env` may run meanwhile: its files
 * are removed only when they are older than a minute.
 */
export const clearLeftovers = (folder: string): void => {
  const { images, cache, kube, issuer, authority, internalKubeconfig, programs } = paths(folder);
  for (const { path } of locksIn(folder)) if (isGone(textOf(path))) removeFolderNow(path);
  const left = [
    ...[folder, cache, kube, join(issuer, '..'), join(authority, '..')].flatMap((place) => unfinishedIn(place, 1)),
    ...unfinishedIn(join(internalKubeconfig, '..'), 2),
    ...unfinishedIn(images, imageLevels),
    ...[...unfinishedIn(programs, 1), ...unfinishedIn(join(folder, 'tools'), 2)].filter(isOld),
  ];
  for (const path of left) removeFolderNow(path);
};

/** Runs steps one after another, also when one of them throws. @throws the error of the last step that throws */
const runAll = ([step, ...others]: readonly (() => void)[]): void => {
  try {
    step?.();
  } finally {
    if (others.length > 0) runAll(others);
  }
};

/**
 * Clears the data folder of a platform whose process exits before the platform is closed: kills the processes of its
 * builds, and removes its locks. Does nothing when the platform has released the folder, or never had it.
 */
export const clearAtExit = (folder: string): void => {
  const { lock, tekton } = paths(folder);
  const locks = locksIn(folder).filter(({ path }) => isOwn(path));
  const clearFolder = [
    () => killGroupNow(leftProcesses(tekton)),
    () => removeUsedFolders(tekton),
    () => clearLeftovers(folder),
    () => removeFolderNow(lock),
  ];
  runAll([
    ...(isOwn(lock) ? clearFolder : []),
    ...locks.map(
      ({ path }) =>
        () =>
          removeFolderNow(path),
    ),
  ]);
};
