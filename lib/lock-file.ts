import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export type LockOptions = {
  /**
   * Time in milliseconds after which an unchanged holder counts as dead, wherever its process runs. Must be longer
   * than the
   * work under the lock ever takes. Default: a holder counts as dead only when its process is known to be gone.
   */
  staleMs?: number;
  /** Longest wait for the lock in milliseconds; 0 refuses a held lock at once. Default: no limit. */
  waitMs?: number;
  /** Time in milliseconds between two tries. Default 50. */
  pollMs?: number;
};

/** Another process held the lock for longer than the caller wanted to wait. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  /** Process id of the holder; undefined when the lock file names no process of this machine. */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    super(`The lock ${path} is held by ${pid === undefined ? 'another process' : `the process with id ${pid}`}.`);
    this.pid = pid;
  }
}

/**
 * Names the machine and its process id namespace: containers can share a host name and a folder, but not process ids.
 */
const processSpace = (): string => {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return `${hostname()} -`;
  }
};

/** The start time tells two processes with the same reused id apart. Linux only; '-' elsewhere. */
const startTimeOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
};

type Holder = { space: string; pid: number; startTime: string };

const parseHolder = (content: string): Holder | undefined => {
  const [, space, pid, startTime] = /^(.*) (\d+) (\S+) \S+$/.exec(content) ?? [];
  return space === undefined ? undefined : { space, pid: Number(pid), startTime: startTime ?? '-' };
};

/** Text that a lock file of this process holds; different for each lock. */
const newContent = (): string => `${processSpace()} ${process.pid} ${startTimeOf(process.pid)} ${randomUUID()}`;

/** Tells whether the holder that a lock file names was a process of this machine that has ended. */
export const isGone = (content: string): boolean => {
  const holder = parseHolder(content);
  if (holder?.space !== processSpace()) return false;
  if (!isRunning(holder.pid)) return true;
  return holder.startTime !== '-' && holder.startTime !== startTimeOf(holder.pid);
};

const localPidOf = (content: string): number | undefined => {
  const holder = parseHolder(content);
  return holder?.space === processSpace() ? holder.pid : undefined;
};

const contentOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

const existsAlready = (error: unknown): false => {
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
  throw error;
};

/** A file system without hard links: the lock file is empty for a moment, which counts as held. */
const writeExclusively = (path: string, content: string): Promise<boolean> =>
  writeFile(path, content, { flag: 'wx', mode: 0o600 }).then(() => true, existsAlready);

/** A hard link appears together with its content, so a process that is killed never leaves an empty lock file. */
const tryTake = (path: string, draft: string, content: string): Promise<boolean> =>
  link(draft, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'EEXIST' && writeExclusively(path, content),
  );

/**
 * Removes the lock of a dead holder. Processes do this one at a time and read the lock again: a live one may hold it
 * now.
 */
export const breakLock = (path: string, dead: string, { waitMs: _, ...options }: LockOptions): Promise<void> =>
  withLock(
    `${path}.break`,
    async () => {
      if ((await contentOf(path)) === dead) await rm(path, { force: true });
    },
    options,
  );

/** Repeats `tryTake` until the lock is taken. @throws LockHeldError when `waitMs` is over */
const waitForLock = async (path: string, take: () => Promise<boolean>, options: LockOptions): Promise<void> => {
  const { staleMs = Number.POSITIVE_INFINITY, waitMs = Number.POSITIVE_INFINITY, pollMs = 50 } = options;
  const started = performance.now();
  let seen: { holder: string; since: number } | undefined;
  while (!(await take())) {
    const [holder, now] = [(await contentOf(path)) ?? '', performance.now()];
    if (holder !== seen?.holder) seen = { holder, since: now };
    if (now - seen.since > staleMs || isGone(holder)) await breakLock(path, holder, options);
    else if (now - started >= waitMs) throw new LockHeldError(path, localPidOf(holder));
    await sleep(pollMs);
  }
};

/**
 * Takes a lock that one holder at a time can have, on any machine that shares the folder. The lock of a process of this
 * machine that has ended, as after SIGKILL, is taken over.
 * @param path the lock file; its folder must exist
 * @returns a function that releases the lock
 * @throws LockHeldError when the lock stays held for `waitMs`
 * @throws the file system's error when the lock file can't be written
 */
export const acquireLock = async (path: string, options: LockOptions = {}): Promise<() => Promise<void>> => {
  const content = newContent();
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await waitForLock(path, () => tryTake(path, draft, content), options);
  } finally {
    await rm(draft, { force: true });
  }
  return async () => {
    if ((await contentOf(path)) === content) await rm(path, { force: true });
  };
};

/**
 * Runs `work` while no other holder has the lock, and releases the lock also after a failure. Parameters and errors:
 * `acquireLock`.
 */
export const withLock = async <T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> => {
  const release = await acquireLock(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
};
