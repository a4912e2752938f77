import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Process ids are reused; the time a process started tells two of them apart. Linux only; elsewhere the id must do. */
const startTime = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
  } catch {
    return '';
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const holder = async (path: string): Promise<number | undefined> => {
  const text = await readFile(path, 'utf8').catch(() => '');
  const [pid, started] = text.split(' ');
  const same = pid && isAlive(Number(pid)) && startTime(Number(pid)) === (started ?? '');
  return same ? Number(pid) : undefined;
};

const inUse = (folder: string, pid: number): Error =>
  new Error(
    `${folder} is in use by the platform with process id ${pid}. Stop that one, or set TOOLFORGE_BUILDS_DATA to another folder.`,
  );

/** Removes a lock that nobody holds. One that somebody faster has written meanwhile is put back. */
const takeAway = async (folder: string, path: string): Promise<void> => {
  const away = `${path}.${randomUUID()}`;
  const found = await rename(path, away).then(
    () => true,
    () => false,
  );
  if (!found) return;
  const faster = await holder(away);
  if (faster === undefined) return rm(away, { force: true });
  await rename(away, path);
  throw inUse(folder, faster);
};

/**
 * One platform on one data folder at a time. A lock whose process is gone, as after a SIGKILL, is taken over.
 * @returns releases it
 */
export const lockFolder = async (folder: string): Promise<() => void> => {
  const path = join(folder, 'lock');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const other = await holder(path);
  if (other !== undefined) throw inUse(folder, other);
  await takeAway(folder, path);
  // Exclusively: of several that start at once, one finds the folder free.
  await writeFile(path, `${process.pid} ${startTime(process.pid)}`, { flag: 'wx' }).catch(async (error: unknown) => {
    const faster = await holder(path);
    throw faster === undefined ? error : inUse(folder, faster);
  });
  return () => rmSync(path, { force: true });
};
