import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from './store.ts';

/**
 * Removes the log files of deleted pods, also of pods that were deleted before the API server last stopped.
 * @returns a function that stops the removal
 */
export const pruneLogs = async (objects: ObjectStore, folder: string): Promise<() => void> => {
  const known = await readdir(join(folder, 'logs')).catch(() => []);
  for (const uid of known) if (!objects.has(uid)) await remove(objects, uid);
  return objects.watch(({ type, kind, object }) => {
    if (type === 'DELETED' && kind.resource === 'pods') void remove(objects, object.metadata.uid);
  });
};

const remove = async (objects: ObjectStore, podUid: string): Promise<void> => {
  // The log folder of a deleted pod can stay behind while a process still writes into it. The next start removes the
  // folder.
  await rm(objects.logFolder(podUid), { recursive: true, force: true }).catch(() => {});
};
