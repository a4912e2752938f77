import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, processSpace, startTimeOf } from './process-identity.ts';

export type LockOptions = {
  /**
   * Time in milliseconds after which the holder of an unchanged lock file counts as dead, on whichever machine it runs.
   * Must be longer than the longest work under the lock. Default: a holder counts as dead only when its process is
   * known to have ended.
   */
  staleMs?: number;
  /**
   * Time in milliseconds after which the holder of an empty lock file counts as dead: a process that was killed before
   * it wrote its name into the file. A caller waits that long for an empty lock file, also with a shorter `waitMs`.
   * Default 5 s.
   */
  emptyMs?: number;
  /** Longest wait for a held lock in milliseconds; 0 fails at once. Default: no limit. */
  waitMs?: number;
  /** Time in milliseconds between two attempts to take a lock. Default 50. */
  pollMs?: number;
};

/** Thrown when another process holds a lock file for longer than the caller wants to wait. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  /** Id of the process that holds the lock; undefined when the lock file names no process of this machine. */
  readonly pid: number | undefined;

  constructor(path: string, pid: number | undefined) {
    super(`The lock ${path} is held by ${pid === undefined ? 'another process' : `the process with id ${pid}`}.`);
    this.pid = pid;
  }
}

/** The start time is '-' where the system tells none. */
type Holder = { space: string; pid: number; startTime: string };

const parseHolder = (content: string): Holder | undefined => {
  const [, space, pid, startTime] = /^(.*) (\d+) (\S+) \S+$/.exec(content) ?? [];
  return space === undefined ? undefined : { space, pid: Number(pid), startTime: startTime ?? '-' };
};

/** Returns the content of a new lock file, which names this process. Every lock file gets different content. */
const newContent = (): string => `${processSpace()} ${process.pid} ${startTimeOf(process.pid) ?? '-'} ${randomUUID()}`;

/** Tells, from the content of a lock file, whether its holder was a process of this machine that has ended. */
export const isGone = (content: string): boolean => {
  const holder = parseHolder(content);
  if (holder?.space !== processSpace()) return false;
  return !isRunning(holder.pid, holder.startTime === '-' ? undefined : holder.startTime);
};

/** Returns the id of the process that holds a lock file; undefined when the content names no process of this machine. */
export const localPidOf = (content: string): number | undefined => {
  const holder = parseHolder(content);
  return holder?.space === processSpace() ? holder.pid : undefined;
};

const contentOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

const contentNow = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const existsAlready = (error: unknown): false => {
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
  throw error;
};

/**
 * Creates a lock file on a file system without hard links. The file is empty for a moment, which counts as held. The
 * file is read again, because another process may have removed it when it stayed empty for too long.
 */
const writeExclusively = (path: string, content: string): Promise<boolean> =>
  writeFile(path, content, { flag: 'wx', mode: 0o600 }).then(
    async () => (await contentOf(path)) === content,
    existsAlready,
  );

/**
 * Creates a lock file as a hard link to a draft. A link appears together with its content, so a process that is killed
 * never leaves an empty lock file.
 */
const tryTake = (path: string, draft: string, content: string): Promise<boolean> =>
  link(draft, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'EEXIST' && writeExclusively(path, content),
  );

/**
 * Removes the lock file of a dead holder. Only one process at a time does this, and reads the lock file again before,
 * because a live process may have taken the lock meanwhile.
 */
export const breakLock = (path: string, dead: string, { waitMs: _, ...options }: LockOptions): Promise<void> =>
  withLock(
    `${path}.break`,
    async () => {
      if ((await contentOf(path)) === dead) await rm(path, { force: true });
    },
    options,
  );

/** Tells whether the holder of a lock file is dead. @param unchangedMs time for which the content has not changed */
const isDead = (content: string, unchangedMs: number, options: LockOptions): boolean => {
  const { staleMs = Number.POSITIVE_INFINITY, emptyMs = 5000 } = options;
  return unchangedMs > (content === '' ? Math.min(emptyMs, staleMs) : staleMs) || isGone(content);
};

/** Tries to take a lock until that succeeds. @throws LockHeldError when the lock is still held after `waitMs` */
const waitForLock = async (path: string, take: () => Promise<boolean>, options: LockOptions): Promise<void> => {
  const { waitMs = Number.POSITIVE_INFINITY, pollMs = 50 } = options;
  const started = performance.now();
  let seen: { content: string | undefined; since: number } | undefined;
  while (!(await take())) {
    const [content, now] = [await contentOf(path), performance.now()];
    if (!seen || content !== seen.content) seen = { content, since: now };
    if (content !== undefined && isDead(content, now - seen.since, options)) await breakLock(path, content, options);
    else if (content !== '' && now - started >= waitMs) throw new LockHeldError(path, localPidOf(content ?? ''));
    await sleep(pollMs);
  }
};

/**
 * Takes a lock file, which one holder at a time can have, on all machines that share the file's folder. If the holder
 * was a process of this machine that has ended without releasing the lock, as after SIGKILL, the lock is taken over.
 * @param path the lock file; its folder must exist
 * @returns a function that releases the lock, before it returns its promise
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
  // The lock is released before the first await, because a process that is ending can wait for nothing.
  return async () => {
    if (contentNow(path) === content) rmSync(path, { force: true });
  };
};

/**
 * Runs `work` while this process holds a lock file, and releases the lock also after a failure. Parameters and errors
 * are those of `acquireLock`.
 */
export const withLock = async <T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> => {
  const release = await acquireLock(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
};
