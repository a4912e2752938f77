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

/** The ledger of a tool without builds, and how often it was read. */
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

const entry = (id: string) => ({ id, finishedAt: new Date().toISOString() }) as BuildRecord;

test('a log whose build was deleted in the meantime needs no closing', async () => {
  expect(await closeBuildLog(contextOf().context, 'tool', entry('gone'))).toBe(true);
});

test('events that come at once for one build wait for one reader', async () => {
  const { context, seen } = contextOf();
  const once = contextOf();
  await closeBuildLog(once.context, 'tool', entry('one'));
  await Promise.all(Array.from({ length: 10 }, () => closeBuildLog(context, 'tool', entry('one'))));
  expect(seen.reads).toBe(once.seen.reads);
  await closeBuildLog(context, 'tool', entry('one'));
  expect(seen.reads).toBe(2 * once.seen.reads);
});

test('other builds and other tools do not wait', async () => {
  const { context, seen } = contextOf();
  const all = [closeBuildLog(context, 'tool', entry('one')), closeBuildLog(context, 'tool', entry('two'))];
  await Promise.all([...all, closeBuildLog(context, 'other', entry('one'))]);
  expect(seen.reads).toBeGreaterThanOrEqual(3);
});
