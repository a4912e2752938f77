import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSection } from '../../lib/kube/kubeconfig-file.ts';
import { EXIT, Failure } from '../failure.ts';
import { type LockOptions, withLock } from './lock.ts';
import type { Session } from './tokens.ts';

/** The sessions of a person, by the API's address: a token is sent to no other. */
export type SessionFile = {
  path: string;
  read: (base: URL) => Promise<Session | undefined>;
  /** Alone: others that would change the file wait. undefined takes the session away. */
  change: (
    base: URL,
    act: (session: Session | undefined) => Promise<Session | undefined>,
  ) => Promise<Session | undefined>;
};

type Environment = Record<string, string | undefined>;
type Sessions = Record<string, Session>;

export const sessionPath = (env: Environment, home: string): string =>
  join(env.XDG_CONFIG_HOME || join(home, '.config'), 'toolforge-build', 'sessions.json');

const unsafe = (path: string, why: string): Failure =>
  new Failure(EXIT.usage, `The file ${path} holds your tokens, but ${why}.`, {
    hint: `Others may have read them. Remove it and sign in again: rm '${path}' && toolforge-build login`,
  });

const broken = (path: string, cause: unknown): Failure =>
  new Failure(EXIT.usage, `The file ${path} can't be read.`, {
    hint: `Remove it and sign in again: rm '${path}' && toolforge-build login`,
    cause,
  });

async function readPrivate(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw broken(path, error);
  });
  if (!file) return undefined;
  try {
    // Of the open file, so that it can't be exchanged in between.
    const { mode, uid } = await file.stat();
    if (process.getuid && uid !== process.getuid()) throw unsafe(path, 'belongs to somebody else');
    if (process.getuid && (mode & 0o077) !== 0) throw unsafe(path, 'others may read it');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function readSessions(path: string): Promise<Sessions> {
  const text = await readPrivate(path);
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isSection(value)) return value as Sessions;
  } catch (error) {
    throw broken(path, error);
  }
  throw broken(path, undefined);
}

/** Whole or not at all. */
async function writeSessions(path: string, sessions: Sessions): Promise<void> {
  if (Object.keys(sessions).length === 0) return rm(path, { force: true });
  const part = `${path}.${randomUUID()}`;
  await writeFile(part, JSON.stringify(sessions, null, 1), { mode: 0o600, flag: 'wx', flush: true });
  await rename(part, path);
}

export const openSessions = (path: string, lock: LockOptions = {}): SessionFile => ({
  path,
  read: async (base) => (await readSessions(path))[base.href],
  change: async (base, act) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return withLock(
      `${path}.lock`,
      async () => {
        const { [base.href]: before, ...others } = await readSessions(path);
        const after = await act(before);
        if (after !== before) await writeSessions(path, after ? { ...others, [base.href]: after } : others);
        return after;
      },
      lock,
    );
  },
});
