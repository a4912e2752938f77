import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from './store.ts';

/** Removes the logs of pods that are gone, those that went before the last stop included. @returns a function that ends it */
export const pruneLogs = async (objects: ObjectStore, folder: string): Promise<() => void> => {
  const known = await readdir(join(folder, 'logs')).catch(() => []);
  for (const uid of known) if (!objects.has(uid)) await remove(objects, uid);
  return objects.watch(({ type, kind, object }) => {
    if (type === 'DELETED' && kind.resource === 'pods') void remove(objects, object.metadata.uid);
  });
};

const remove = async (objects: ObjectStore, podUid: string): Promise<void> => {
  // What stays behind, because a writer was still at it, goes at the next start.
  await rm(objects.logFolder(podUid), { recursive: true, force: true }).catch(() => {});
};
