import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diff, type ObservedRun, reconciledState } from '../../../../lib/ledger/diff.ts';
import { cancel, emptyState, remove, start } from '../../../../lib/ledger/state.ts';
import type { LedgerState, Limits } from '../../../../lib/ledger/types.ts';

/**
 * A ledger and its runs, for tests in which functions are killed between any two writes. The start or cancellation of a
 * build changes only the ledger. Its runs are changed in a separate step, or never.
 */
type World = {
  state: LedgerState;
  runs: Map<string, ObservedRun>;
  accepted: Set<string>;
  removed: Set<string>;
  serial: number;
  /** Largest number of runs that were unfinished at once. */
  mostRuns: number;
  /** Ids of all created runs in the order of their creation. */
  created: string[];
};

const limits: Limits = { running: 3, queued: 4, succeeded: 1000, failed: 1000 };
const now = new Date('2026-11-22T08:00:00Z');

const world = (): World => ({
  state: emptyState,
  runs: new Map(),
  accepted: new Set(),
  removed: new Set(),
  serial: 0,
  mostRuns: 0,
  created: [],
});

const active = ({ runs }: World): number => [...runs.values()].filter(({ ending }) => !ending).length;

const startNext = (w: World, keyed: boolean): void => {
  const id = `b${w.serial++}`;
  const build = { id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i' };
  const { state, result } = start(w.state, build, keyed ? { key: id, request: 'r' } : undefined, limits, now);
  w.state = state;
  if (result.kind === 'accepted') w.accepted.add(id);
};

const endRun = (w: World, at: number): void => {
  const open = [...w.runs.values()].filter(({ ending }) => !ending);
  const run = open[at % Math.max(1, open.length)];
  if (!run) return;
  const status = run.cancelling ? 'BUILD_CANCELLED' : 'BUILD_SUCCESS';
  w.runs.set(run.id, { ...run, ending: { status, message: '', finishedAt: now.toISOString() } });
};

/** Applies the first `limit` changes of a diff to the runs, as a function does that is then killed. */
const applyChanges = (w: World, limit: number): void => {
  for (const change of diff(w.state, [...w.runs.values()]).slice(0, limit)) {
    if (change.kind === 'create') {
      const { id } = change.build;
      w.created.push(id);
      const ending = { status: 'BUILD_CANCELLED', message: '', finishedAt: now.toISOString() } as const;
      w.runs.set(id, { id, cancelling: change.cancelled, deleting: false, ...(change.cancelled ? { ending } : {}) });
    }
    if (change.kind === 'cancel')
      w.runs.set(change.id, { ...(w.runs.get(change.id) as ObservedRun), cancelling: true });
    if (change.kind === 'release') w.runs.delete(change.id);
    w.mostRuns = Math.max(w.mostRuns, active(w));
  }
};

const pick = (w: World, at: number): string => `b${at % Math.max(1, w.serial)}`;

const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), keyed: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reconcile' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('apply' as const), killedAfter: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteRun' as const), at: fc.nat(20) }) },
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const step = (w: World, c: Command): void => {
  if (c.kind === 'start') startNext(w, c.keyed);
  if (c.kind === 'end') endRun(w, c.at);
  if (c.kind === 'cancel') w.state = cancel(w.state, pick(w, c.at), limits, now).state;
  if (c.kind === 'remove') {
    const removed = remove(w.state, pick(w, c.at), now);
    w.state = removed.state;
    if (removed.known) w.removed.add(pick(w, c.at));
  }
  if (c.kind === 'reconcile') w.state = reconciledState(w.state, [...w.runs.values()], limits, now);
  if (c.kind === 'apply') applyChanges(w, c.killedAfter);
  if (c.kind === 'deleteRun') {
    const run = [...w.runs.values()][c.at % Math.max(1, w.runs.size)];
    if (run) w.runs.set(run.id, { ...run, deleting: true });
  }
};

const sweepUntilQuiet = (w: World): void => {
  for (let round = 0; round < 200 && (w.state.running.length > 0 || w.state.queued.length > 0); round++) {
    w.state = reconciledState(w.state, [...w.runs.values()], limits, now);
    applyChanges(w, 100);
    endRun(w, 0);
  }
};

test('property: the limit is never exceeded and every accepted build ends, whichever function is killed', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const w = world();
      for (const c of commands) {
        step(w, c);
        expect(w.state.running.length).toBeLessThanOrEqual(limits.running);
        expect(w.state.queued.length).toBeLessThanOrEqual(limits.queued);
      }
      sweepUntilQuiet(w);
      expect(w.mostRuns).toBeLessThanOrEqual(limits.running);
      const finished = new Set(w.state.finished.map(({ id }) => id));
      for (const id of w.accepted) expect(finished.has(id) || w.removed.has(id)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('property: runs are created in the order in which their builds were accepted', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const w = world();
      for (const c of commands) step(w, c);
      sweepUntilQuiet(w);
      const serials = w.created.map((id) => Number(id.slice(1)));
      // One reconcile promotes up to `limits.running` builds together. Only these builds may overtake each other.
      for (const [at, serial] of serials.entries())
        expect(serials.slice(at + limits.running).every((later) => later > serial - limits.running)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('property: a second reconcile changes nothing', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const w = world();
      for (const c of commands) step(w, c);
      const once = reconciledState(w.state, [...w.runs.values()], limits, now);
      expect(reconciledState(once, [...w.runs.values()], limits, now)).toBe(once);
    }),
    { numRuns: 200 },
  );
});
