import { emptyState, start } from '../../../../lib/ledger/state.ts';
import type { LedgerState, Limits, NewBuild } from '../../../../lib/ledger/types.ts';

export const limits: Limits = { running: 2, queued: 2, succeeded: 2, failed: 1 };
export const now = new Date('2026-11-22T08:00:00Z');
export const ending = { status: 'BUILD_SUCCESS', message: '', finishedAt: now.toISOString() } as const;

export const newBuild = (id: string): NewBuild => ({
  id,
  parameters: { source_url: 'https://example.org/x' },
  sourceUrl: 'https://example.org/x',
  commit: 'c0',
  image: 'i',
});

/** Starts a build without an Idempotency-Key. */
export const startBuild = (state: LedgerState, id: string) => start(state, newBuild(id), undefined, limits, now);

/** Returns a ledger in which builds with the given ids were started one after the other. */
export const ledgerWith = (...ids: string[]) => ids.reduce((state, id) => startBuild(state, id).state, emptyState);

/** Returns the ids of a ledger's running, queued and finished builds. */
export const idsOf = (state: LedgerState) => ({
  running: state.running.map(({ id }) => id),
  queued: state.queued.map(({ id }) => id),
  finished: state.finished.map(({ id }) => id),
});
