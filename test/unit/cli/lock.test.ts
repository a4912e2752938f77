import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { breakLock, isGone, withLock } from '../../../cli/session/lock.ts';
import { folder, remove, startProcess } from './support.ts';

let home: string;
beforeEach(() => {
  home = folder();
});
afterEach(() => remove(home));

const path = () => join(home, 'lock');
const guard = () => `${path()}.break`;

/** What the lock holds while a process with this id has it. */
const holderOf = async (pid: number | undefined): Promise<string> => {
  const own = await withLock(join(home, 'own'), () => readFile(join(home, 'own'), 'utf8'));
  return own.replace(` ${process.pid} `, ` ${pid} `);
};

const killed = async (): Promise<string> => {
  const { child, finished } = startProcess(process.execPath, ['-e', ''], {});
  await finished;
  return holderOf(child.pid);
};

/** Fails when two are inside. */
const alone = () => {
  let inside = 0;
  return async () => {
    expect(++inside).toBe(1);
    await new Promise(setImmediate);
    inside--;
  };
};

/** Names of files that came, went or moved, up to now. */
const changes = async (act: () => Promise<unknown>): Promise<Set<string>> => {
  const seen = new Set<string>();
  let watcher: FSWatcher | undefined;
  const ended = new Promise<void>((resolve) => {
    watcher = watch(home, (_, name) => (name === 'end' ? resolve() : void seen.add(name ?? '')));
  });
  await act();
  await writeFile(join(home, 'end'), '');
  await ended;
  watcher?.close();
  return seen;
};

describe('the lock', () => {
  test('lets one in at a time, and is gone after a failure', async () => {
    const enter = alone();
    await Promise.all(Array.from({ length: 20 }, () => withLock(path(), enter, { pause: 1 })));
    await expect(withLock(path(), () => Promise.reject(new Error('oops')))).rejects.toThrow('oops');
    expect(await readdir(home)).toEqual([]);
  });

  test('of who died is taken over, by one', async () => {
    await writeFile(path(), 'dead');
    const enter = alone();
    const options = { patience: 300, pause: 5 };
    await Promise.all(Array.from({ length: 5 }, () => withLock(path(), enter, options)));
    expect(await readdir(home)).toEqual([]);
  });

  test('of a command that was killed here is taken over at once, by one, even if another was killed doing that', async () => {
    await writeFile(path(), await killed());
    await writeFile(guard(), await killed());
    const enter = alone();
    // Never by patience.
    const options = { patience: Number.POSITIVE_INFINITY, pause: 1 };
    await Promise.all(Array.from({ length: 10 }, () => withLock(path(), enter, options)));
    expect(await readdir(home)).toEqual([]);
  });

  test('that became another’s since its holder was seen dead stays where it is', async () => {
    await writeFile(path(), 'live');
    const changed = await changes(() => breakLock(path(), 'dead', { pause: 1 }));
    expect([...changed]).not.toContain('lock');
    expect(await readFile(path(), 'utf8')).toBe('live');
  });

  test('is broken by one at a time, who looks again', async () => {
    await writeFile(path(), 'dead');
    await writeFile(guard(), await holderOf(process.pid));
    const broken = breakLock(path(), 'dead', { patience: Number.POSITIVE_INFINITY, pause: 1 });
    for (let round = 0; round < 100; round++) await stat(path());
    // The other breaks it, and somebody takes it.
    await writeFile(join(home, 'next'), 'live');
    await rename(join(home, 'next'), path());
    await rm(guard());
    await broken;
    expect(await readFile(path(), 'utf8')).toBe('live');
  });
});

describe('a holder is gone', () => {
  test('whose process is', async () => {
    expect(isGone(await killed())).toBe(true);
    expect(isGone(await holderOf(process.pid))).toBe(false);
  });

  test('only if it was among the processes seen here', async () => {
    const dead = await killed();
    const [, pid] = / (\d+) /.exec(dead) ?? [];
    expect(isGone(dead.replace(hostname(), 'other'))).toBe(false);
    expect(isGone(`${hostname()} pid:[1] ${pid} x`)).toBe(false);
    expect(isGone(`${hostname()} ${pid} x`)).toBe(false);
    expect(isGone('')).toBe(false);
  });
});
