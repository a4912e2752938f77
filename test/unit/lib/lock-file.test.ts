import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { acquireLock, breakLock, isGone, LockHeldError, withLock } from '../../../lib/lock-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = () => join(folder, 'lock');
const breakPath = () => `${path()}.break`;

/** Returns the content of a lock file that the test's process holds. */
const ownContent = (): Promise<string> => withLock(join(folder, 'own'), () => readFile(join(folder, 'own'), 'utf8'));

const contentOfPid = async (pid: number | undefined): Promise<string> =>
  (await ownContent()).replace(` ${process.pid} `, ` ${pid} `);

const contentOfEndedProcess = async (): Promise<string> => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  return contentOfPid(child.pid);
};

/** Returns work that fails when two callers run it at the same time. */
const exclusiveWork = () => {
  let inside = 0;
  return async () => {
    expect(++inside).toBe(1);
    await new Promise(setImmediate);
    inside--;
  };
};

/** Returns the names of files in the test's folder that appear, vanish or change while `act` runs. */
const changedFiles = async (act: () => Promise<unknown>): Promise<Set<string>> => {
  const changed = new Set<string>();
  let watcher: FSWatcher | undefined;
  const ended = new Promise<void>((resolve) => {
    watcher = watch(folder, (_, name) => (name === 'end' ? resolve() : void changed.add(name ?? '')));
  });
  await act();
  await writeFile(join(folder, 'end'), '');
  await ended;
  watcher?.close();
  return changed;
};

describe('withLock', () => {
  test('runs one work at a time and removes its files, also after a failure', async () => {
    const work = exclusiveWork();
    await Promise.all(Array.from({ length: 20 }, () => withLock(path(), work, { pollMs: 1 })));
    await expect(withLock(path(), () => Promise.reject(new Error('oops')))).rejects.toThrow('oops');
    expect(await readdir(folder)).toEqual([]);
  });

  test('takes over a lock whose holder stays unchanged for staleMs, and only one waiter does so', async () => {
    await writeFile(path(), 'dead');
    const work = exclusiveWork();
    const options = { staleMs: 300, pollMs: 5 };
    await Promise.all(Array.from({ length: 5 }, () => withLock(path(), work, options)));
    expect(await readdir(folder)).toEqual([]);
  });

  test('takes over the lock of an ended process at once, even when another process ended while breaking it', async () => {
    await writeFile(path(), await contentOfEndedProcess());
    await writeFile(breakPath(), await contentOfEndedProcess());
    const work = exclusiveWork();
    const neverStale = { staleMs: Number.POSITIVE_INFINITY, pollMs: 1 };
    await Promise.all(Array.from({ length: 10 }, () => withLock(path(), work, neverStale)));
    expect(await readdir(folder)).toEqual([]);
  });

  test('passes on the error of the file system when the lock file can’t be written', async () => {
    await expect(withLock(join(folder, 'none', 'lock'), async () => {})).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('leaves the lock of another holder that took over in the meantime', async () => {
    await withLock(path(), () => writeFile(path(), 'other'));
    expect(await readFile(path(), 'utf8')).toBe('other');
  });
});

describe('acquireLock', () => {
  test('refuses a held lock at once with waitMs 0 and names the process of the holder', async () => {
    const release = await acquireLock(path());
    const refused = acquireLock(path(), { waitMs: 0 });
    await expect(refused).rejects.toThrow(LockHeldError);
    await expect(refused).rejects.toMatchObject({ pid: process.pid });
    await release();
    expect(await readdir(folder)).toEqual([]);
    await (await acquireLock(path(), { waitMs: 0 }))();
  });

  test('refuses a lock file that names no process, and says so', async () => {
    await writeFile(path(), 'unknown');
    const refused = acquireLock(path(), { waitMs: 0 });
    await expect(refused).rejects.toMatchObject({
      pid: undefined,
      message: expect.stringContaining('another process'),
    });
  });

  test('takes over a lock file that stays empty, for one of several callers', async () => {
    await writeFile(path(), '');
    const options = { emptyMs: 100, waitMs: 0, pollMs: 5 };
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => acquireLock(path(), options)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readFile(path(), 'utf8')).toContain(` ${process.pid} `);
  });

  test('waits for a holder that has not written its name yet', async () => {
    await writeFile(path(), '');
    const refused = acquireLock(path(), { emptyMs: 60_000, waitMs: 0, pollMs: 1 });
    await Promise.all([
      expect(refused).rejects.toMatchObject({ pid: process.pid }),
      ownContent().then((content) => writeFile(path(), content)),
    ]);
  });

  test('takes over the lock of an ended process with waitMs 0, for one of several callers', async () => {
    await writeFile(path(), await contentOfEndedProcess());
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => acquireLock(path(), { waitMs: 0 })));
    const taken = results.filter(({ status }) => status === 'fulfilled');
    expect(taken).toHaveLength(1);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    for (const reason of refused) expect(reason).toBeInstanceOf(LockHeldError);
  });
});

describe('breakLock', () => {
  test('leaves a lock that a live process took since its holder was seen dead', async () => {
    await writeFile(path(), 'live');
    const changed = await changedFiles(() => breakLock(path(), 'dead', { pollMs: 1 }));
    expect([...changed]).not.toContain('lock');
    expect(await readFile(path(), 'utf8')).toBe('live');
  });

  test('waits for another process that breaks the lock, and then reads the lock again', async () => {
    await writeFile(path(), 'dead');
    await writeFile(breakPath(), await ownContent());
    const broken = breakLock(path(), 'dead', { staleMs: Number.POSITIVE_INFINITY, pollMs: 1 });
    for (let round = 0; round < 100; round++) await stat(path());
    // The test acts as another process that breaks the lock, and as a third process that then takes the lock.
    await writeFile(join(folder, 'next'), 'live');
    await rename(join(folder, 'next'), path());
    await rm(breakPath());
    await broken;
    expect(await readFile(path(), 'utf8')).toBe('live');
  });
});

describe('isGone', () => {
  test('is true for a holder whose process has ended and false for a running one', async () => {
    expect(isGone(await contentOfEndedProcess())).toBe(true);
    expect(isGone(await ownContent())).toBe(false);
  });

  test('is true for a holder whose process id another process has now', async () => {
    const [, startTime = ''] = / \d+ (\S+) \S+$/.exec(await ownContent()) ?? [];
    const reused = (await ownContent()).replace(` ${startTime} `, ' 1 ');
    expect(isGone(reused)).toBe(process.platform === 'linux');
  });

  test('is false for a holder of another machine or process id namespace', async () => {
    const content = await contentOfEndedProcess();
    const [, pid] = / (\d+) \S+ \S+$/.exec(content) ?? [];
    expect(isGone(content.replace(hostname(), 'other'))).toBe(false);
    expect(isGone(`${hostname()} pid:[1] ${pid} - x`)).toBe(false);
    expect(isGone(`${hostname()} ${pid} - x`)).toBe(false);
    expect(isGone('')).toBe(false);
  });
});
