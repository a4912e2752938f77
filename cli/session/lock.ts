import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT, Failure } from '../failure.ts';

export type LockOptions = {
  /** How long one holder may stay before it counts as dead, in milliseconds; longer than any exchange takes. */
  patience?: number;
  pause?: number;
};

/** Where a process id means a process of ours: containers may have one host's name, and share the folder. */
function place(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return `${hostname()} -`;
  }
}

/** Whether the holder was a process of this machine that is gone, as after Ctrl-C. */
export function isGone(holder: string): boolean {
  const [, where, pid] = /^(.*) (\d+) \S+$/.exec(holder) ?? [];
  if (where !== place()) return false;
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

/** Takes a dead holder's lock away, one at a time: it may have become another's since it was seen. */
export const breakLock = (path: string, dead: string, options: LockOptions): Promise<void> =>
  withLock(
    `${path}.break`,
    async () => {
      if ((await contentOf(path)) === dead) await rm(path, { force: true });
    },
    options,
  );

/**
 * One command at a time, on any machine that shares the folder: a file that only one can make. A holder that stays for
 * too long, by the clock of who waits, has died.
 */
export async function withLock<T>(
  path: string,
  act: () => Promise<T>,
  { patience = 40_000, pause = 50 }: LockOptions = {},
): Promise<T> {
  const own = `${place()} ${process.pid} ${randomUUID()}`;
  let seen: { holder: string | undefined; since: number } | undefined;
  while (!(await tryTake(path, own))) {
    const holder = await contentOf(path);
    if (holder !== seen?.holder) seen = { holder, since: performance.now() };
    const isStale = performance.now() - (seen?.since ?? 0) > patience;
    if (holder !== undefined && (isStale || isGone(holder))) await breakLock(path, holder, { patience, pause });
    await sleep(pause);
  }
  try {
    return await act();
  } finally {
    if ((await contentOf(path)) === own) await rm(path, { force: true });
  }
}
