import { chmodSync, lstatSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

const options = { recursive: true, force: true, maxRetries: 5 } as const;

/** Lets the owner change a folder and all folders in it. Security: links are not followed, as they may lead anywhere. */
const makeWritable = (folder: string): void => {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
};

/**
 * Removes a folder or a file, if there is one, before it returns. Also removes what is in folders that their owner may
 * not change, such as those of the cache of Go's modules.
 * @throws the file system's error when something can't be removed
 */
export const removeFolderNow = (folder: string): void => {
  try {
    rmSync(folder, options);
  } catch {
    makeWritable(folder);
    rmSync(folder, options);
  }
};

/** Does what `removeFolderNow` does, and lets this process go on meanwhile. */
export const removeFolder = (folder: string): Promise<void> => rm(folder, options).catch(() => removeFolderNow(folder));
