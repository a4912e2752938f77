import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, Failure } from '../failure.ts';

export type LockOptions = {
  /** How long one holder may stay before it counts as dead, in milliseconds; longer than any exchange takes. */
  patience?: number;
  pause?: number;
};

/** Whether the holder was a process of this machine that is gone, as after Ctrl-C. */
function isGone(holder: string): boolean {
  const [host, pid] = holder.split(' ');
  if (host !== hostname() || !/^\d+$/.test(pid ?? '')) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

const contentOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

async function tryTake(path: string, own: string): Promise<boolean> {
  try {
    await writeFile(path, own, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new Failure(EXIT.usage, `The file ${path} can't be written (${code}).`, { cause: error });
  }
}

/** Takes a dead holder's lock away, unless it has become another's meanwhile: then that one gets it back. */
async function breakLock(path: string, dead: string): Promise<void> {
  const away = `${path}.${randomUUID()}`;
  const found = await rename(path, away).then(
    () => contentOf(away),
    () => undefined,
  );
  if (found !== undefined && found !== dead) await link(away, path).catch(() => undefined);
  await rm(away, { force: true });
}

/**
 * One command at a time, on any machine that shares the folder: a file that only one can make. A holder that stays for
 * too long, by the clock of who waits, has died.
 */
export async function withLock<T>(
  path: string,
  act: () => Promise<T>,
  { patience = 40_000, pause = 50 }: LockOptions = {},
): Promise<T> {
  const own = `${hostname()} ${process.pid} ${randomUUID()}`;
  let seen: { holder: string | undefined; since: number } | undefined;
  while (!(await tryTake(path, own))) {
    const holder = await contentOf(path);
    if (holder !== seen?.holder) seen = { holder, since: performance.now() };
    const isStale = performance.now() - (seen?.since ?? 0) > patience;
    if (holder !== undefined && (isStale || isGone(holder))) await breakLock(path, holder);
    await sleep(pause);
  }
  try {
    return await act();
  } finally {
    if ((await contentOf(path)) === own) await rm(path, { force: true });
  }
}
