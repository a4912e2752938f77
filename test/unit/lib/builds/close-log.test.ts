import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { closeBuildLog } from '../../../../lib/builds/close-log.ts';
import type { LogsContext } from '../../../../lib/builds/context.ts';
import { emptyState } from '../../../../lib/ledger/state.ts';
import type { BuildRecord } from '../../../../lib/ledger/types.ts';
import { createFolderStore } from '../../../../lib/store/folder.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'close-log-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const limits = { running: 4, queued: 10, succeeded: 10, failed: 10 };

/** Returns a function's context in which the ledger has no builds, and a counter of the ledger's reads. */
const contextOf = (now = new Date()) => {
  const seen = { reads: 0 };
  const read = async () => {
    seen.reads += 1;
    return { state: emptyState, limits };
  };
  const context = {
    ledger: { read },
    store: createFolderStore(folder),
    allowedSteps: ['build'],
    findSecrets: () => [],
    log: () => undefined,
    now: () => now,
  } as unknown as LogsContext;
  return { context, seen };
};

const buildOf = (id: string) => ({ id, finishedAt: new Date().toISOString() }) as BuildRecord;

test('closeBuildLog has nothing to do when the build was deleted meanwhile', async () => {
  expect(await closeBuildLog(contextOf().context, 'tool', buildOf('gone'))).toBe(true);
});

test('closeBuildLog reads the log once for calls at the same time for one build', async () => {
  const { context, seen } = contextOf();
  const single = contextOf();
  await closeBuildLog(single.context, 'tool', buildOf('one'));
  await Promise.all(Array.from({ length: 10 }, () => closeBuildLog(context, 'tool', buildOf('one'))));
  expect(seen.reads).toBe(single.seen.reads);
  await closeBuildLog(context, 'tool', buildOf('one'));
  expect(seen.reads).toBe(2 * single.seen.reads);
});

test('closeBuildLog does not wait for other builds or other tools', async () => {
  const { context, seen } = contextOf();
  const all = [closeBuildLog(context, 'tool', buildOf('one')), closeBuildLog(context, 'tool', buildOf('two'))];
  await Promise.all([...all, closeBuildLog(context, 'other', buildOf('one'))]);
  expect(seen.reads).toBeGreaterThanOrEqual(3);
});
