import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isObject } from '../../lib/json-values.ts';
import { acquireLock, type LockOptions } from '../../lib/lock-file.ts';
import type { Environment } from '../environment.ts';
import { exitCodes, Failure } from '../failure.ts';
import type { Session } from './session.ts';

/**
 * The file with the sessions of a user. Each session belongs to the address of one API, so that its token is sent to no
 * other server.
 */
export type SessionFile = {
  path: string;
  read: (base: URL) => Promise<Session | undefined>;
  /**
   * Replaces the session for one API, under the lock of the session file, and returns the new session.
   * @param act gets the stored session and returns the new session; undefined removes the session
   */
  change: (
    base: URL,
    act: (session: Session | undefined) => Promise<Session | undefined>,
  ) => Promise<Session | undefined>;
};

type Sessions = Record<string, Session>;

/**
 * Time in milliseconds after which an unchanged lock of the session file counts as left by a process that was killed.
 * No exchange with an issuer takes longer.
 */
const staleMs = 40_000;

/** Returns the path of the session file: toolforge-build/sessions.json in the user's configuration folder. */
export const sessionPath = (env: Environment, home: string): string =>
  join(env.XDG_CONFIG_HOME || join(home, '.config'), 'toolforge-build', 'sessions.json');

const unsafe = (path: string, reason: string): Failure =>
  new Failure(exitCodes.usage, `The file ${path} holds your tokens, but ${reason}.`, {
    hint: `Others may have read the tokens. Remove the file and sign in again: rm '${path}' && toolforge-build login`,
  });

const unreadable = (path: string, cause: unknown): Failure =>
  new Failure(exitCodes.usage, `The file ${path} can't be read.`, {
    hint: `Remove it and sign in again: rm '${path}' && toolforge-build login`,
    cause,
  });

const unwritable = (path: string, cause: unknown): Failure =>
  new Failure(exitCodes.usage, `The file ${path} can't be written (${(cause as NodeJS.ErrnoException).code}).`, {
    cause,
  });

/**
 * Reads a file that holds tokens. Returns undefined when the file does not exist.
 * @throws Failure when the file can't be read, belongs to another user, or can be read by other users
 */
const readPrivate = async (path: string): Promise<string | undefined> => {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unreadable(path, error);
  });
  if (!file) return undefined;
  try {
    // Owner and mode are read from the open file and not from its path, because another file may replace it at the path
    // in the meantime.
    const { mode, uid } = await file.stat();
    if (process.getuid && uid !== process.getuid()) throw unsafe(path, 'belongs to another user');
    if (process.getuid && (mode & 0o077) !== 0) throw unsafe(path, 'others may read it');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
};

const parseSessions = (path: string, text: string): Sessions => {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value as Sessions;
  } catch {
    // The error of the JSON parser is dropped, because its message quotes the session file, which holds tokens.
  }
  throw unreadable(path, undefined);
};

const readSessions = async (path: string): Promise<Sessions> => {
  const text = await readPrivate(path);
  return text === undefined ? {} : parseSessions(path, text);
};

/** Replaces the session file atomically, or removes the file when no session is left. */
const writeSessions = async (path: string, sessions: Sessions): Promise<void> => {
  if (Object.keys(sessions).length === 0) return rm(path, { force: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(sessions, null, 1), { mode: 0o600, flag: 'wx', flush: true });
  await rename(draft, path);
};

/**
 * Makes the folder of the session file and takes the file's lock.
 * @returns a function that releases the lock
 * @throws Failure when the folder or the lock can't be made
 */
const lock = async (path: string, options: LockOptions): Promise<() => Promise<void>> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await acquireLock(path, { staleMs, ...options });
  } catch (error) {
    throw unwritable(path, error);
  }
};

/** Returns access to the session file at a path. The file and its folder need not exist. */
export const openSessionFile = (path: string, lockOptions: LockOptions = {}): SessionFile => ({
  path,
  read: async (base) => (await readSessions(path))[base.href],
  change: async (base, act) => {
    const release = await lock(`${path}.lock`, lockOptions);
    try {
      const { [base.href]: before, ...others } = await readSessions(path);
      const after = await act(before);
      if (after !== before) await writeSessions(path, after ? { ...others, [base.href]: after } : others);
      return after;
    } finally {
      await release();
    }
  },
});
