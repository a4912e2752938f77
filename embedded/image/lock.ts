import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const patience = 60_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes the lock of a process that died. Renamed first, so that a lock taken in between can be put back. */
async function removeStale(file: string): Promise<void> {
  const holder = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (holder === 0 || isAlive(holder)) return;
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => undefined);
  const moved = Number(await readFile(aside, 'utf8').catch(() => '0'));
  if (moved !== 0 && isAlive(moved)) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function acquire(file: string, own: string): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    try {
      // A link appears with its content, so that nobody reads a lock without a holder.
      return await link(own, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (Date.now() > deadline) throw new Error(`${file} stayed locked for ${patience / 1000} s`);
    await removeStale(file);
    await delay(10);
  }
}

/** Runs `work` while no other process and no other caller holds `file`. A holder that died doesn't hold. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    await acquire(file, own);
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
