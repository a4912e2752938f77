/** Files in the data folder that a killed process has half written, and locks that it held. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { killGroupNow } from '../embedded/processes.ts';
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

/** Most parts in the name of an image whose half written files are searched. */
const imageLevels = 8;

const remove = (path: string): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 });

/** A lock's draft has the name of the lock, a dot and more. */
const locksIn = (folder: string): Entry[] => [
  ...entriesOf(join(paths(folder).images, '.locks')),
  ...entriesOf(folder).filter(({ name }) => name.startsWith('lock.')),
];

const isOwn = (lock: string): boolean => localPidOf(textOf(lock)) === process.pid;

/**
 * Removes the files that ended processes have half written into a data folder, and the locks of ended processes. The
 * caller holds the lock of the data folder, and no process of the platform runs.
 */
export const clearLeftovers = (folder: string): void => {
  const { images, cache, kube, issuer, authority, internalKubeconfig } = paths(folder);
  for (const { path } of locksIn(folder)) if (isGone(textOf(path))) remove(path);
  const places: [string, number][] = [
    [images, imageLevels],
    ...[join(folder, 'tools'), join(internalKubeconfig, '..')].map((place): [string, number] => [place, 2]),
    ...[folder, cache, kube, join(issuer, '..'), join(authority, '..')].map((place): [string, number] => [place, 1]),
  ];
  for (const [place, levels] of places)
    for (const { name, path, isFolder } of entriesBelow(place, levels))
      if ((isFolder ? unfinishedFolder : unfinishedFile).test(name) && !name.startsWith('lock.')) remove(path);
};

/**
 * Clears the data folder of a platform whose process exits before the platform is closed: kills the processes of its
 * builds, and removes its locks. Does nothing when the platform has released the folder, or never had it.
 */
export const clearAtExit = (folder: string): void => {
  const { lock, tekton } = paths(folder);
  const locks = locksIn(folder).filter(({ path }) => isOwn(path));
  if (isOwn(lock)) {
    killGroupNow(leftProcesses(tekton));
    removeUsedFolders(tekton);
    clearLeftovers(folder);
    remove(lock);
  }
  for (const { path } of locks) remove(path);
};
