import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { adopt } from '../../../../lib/ledger/adopt.ts';
import { diff, type ObservedRun, reconciledState } from '../../../../lib/ledger/diff.ts';
import { noteEvent, noteMissedEvent } from '../../../../lib/ledger/run-events.ts';
import { cancel, emptyState, remove, start } from '../../../../lib/ledger/state.ts';
import type { BuildRecord, LedgerState, Limits } from '../../../../lib/ledger/types.ts';

/**
 * A ledger and its runs, for tests in which functions are killed between any two writes. The start or cancellation of a
 * build changes only the ledger. Its runs are changed in a separate step, or never.
 */
type World = {
  state: LedgerState;
  runs: Map<string, ObservedRun>;
  accepted: Set<string>;
  removed: Set<string>;
  /** Ids of the runs of builds-api that somebody deleted. */
  lost: Set<string>;
  serial: number;
  /** Largest number of runs that were unfinished at once. */
  mostRuns: number;
  /** Ids of all created runs in the order of their creation. */
  created: string[];
  /** Ids of the runs that builds-api made. */
  old: Set<string>;
};

const limits: Limits = { running: 3, queued: 4, succeeded: 1000, failed: 1000 };
const now = new Date('2026-11-22T08:00:00Z');

const world = (): World => ({
  state: emptyState,
  runs: new Map(),
  accepted: new Set(),
  removed: new Set(),
  lost: new Set(),
  serial: 0,
  mostRuns: 0,
  created: [],
  old: new Set(),
});

const isActive = ({ ending }: ObservedRun): boolean => !ending;

/** Returns the number of unfinished runs: all of them where builds-api made none, else those of this service. */
const active = ({ runs }: World): number => [...runs.values()].filter((run) => isActive(run) && !run.build).length;

/** Makes a run as builds-api does, which knows no ledger. */
const startOld = (w: World): void => {
  const id = `old${w.old.size}`;
  const build: BuildRecord = {
    ...{ id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i', message: '' },
    ...{ acceptedAt: now.toISOString(), adopted: true },
    status: 'BUILD_PENDING',
    log: 'live',
  };
  w.old.add(id);
  w.runs.set(id, { id, cancelling: false, deleting: false, isLocked: false, build });
};

/** Returns the runs as a reconcile observes them, with the deleted runs of adopted builds. */
const observed = ({ state, runs }: World): ObservedRun[] => {
  const missing = state.running.filter(({ id, adopted }) => adopted && !runs.has(id));
  const ending = { status: 'BUILD_CANCELLED', message: '', finishedAt: now.toISOString() } as const;
  return [
    ...runs.values(),
    ...missing.map(({ id }) => ({ id, cancelling: true, deleting: true, isLocked: false, ending })),
  ];
};

const reconciled = (w: World): LedgerState => {
  const runs = observed(w);
  return reconciledState(adopt(w.state, runs, limits), runs, limits, now);
};

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
  for (const change of diff(w.state, [...w.runs.values()], false).slice(0, limit)) {
    if (change.kind === 'create') {
      const { id } = change.build;
      w.created.push(id);
      const ending = { status: 'BUILD_CANCELLED', message: '', finishedAt: now.toISOString() } as const;
      w.runs.set(id, {
        id,
        cancelling: change.cancelled,
        deleting: false,
        isLocked: true,
        ...(change.cancelled ? { ending } : {}),
      });
    }
    if (change.kind === 'cancel')
      w.runs.set(change.id, { ...(w.runs.get(change.id) as ObservedRun), cancelling: true });
    if (change.kind === 'release') w.runs.delete(change.id);
    w.mostRuns = Math.max(w.mostRuns, active(w));
  }
};

const pick = (w: World, at: number): string => {
  const ids = [...Array.from({ length: w.serial }, (_, serial) => `b${serial}`), ...w.old];
  return ids[at % Math.max(1, ids.length)] ?? 'none';
};

const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), keyed: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('reconcile' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('apply' as const), killedAfter: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteRun' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('startOld' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('event' as const, 'noEvent' as const), at: fc.nat(40) }) },
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** Deletes a run, as an administrator may. The finalizer of the service keeps its own runs. */
const deleteRun = (w: World, at: number): void => {
  const run = [...w.runs.values()][at % Math.max(1, w.runs.size)];
  if (run?.build) w.lost.add(run.id);
  if (run?.build) w.runs.delete(run.id);
  else if (run) w.runs.set(run.id, { ...run, deleting: true });
};

const step = (w: World, c: Command): void => {
  if (c.kind === 'start') startNext(w, c.keyed);
  if (c.kind === 'end') endRun(w, c.at);
  if (c.kind === 'cancel') w.state = cancel(w.state, pick(w, c.at), limits, now).state;
  if (c.kind === 'remove') {
    const removed = remove(w.state, pick(w, c.at), now);
    w.state = removed.state;
    if (removed.known) w.removed.add(pick(w, c.at));
  }
  if (c.kind === 'startOld') startOld(w);
  if (c.kind === 'event') w.state = noteEvent(w.state, pick(w, c.at));
  if (c.kind === 'noEvent') w.state = noteMissedEvent(w.state, pick(w, c.at));
  if (c.kind === 'reconcile') w.state = reconciled(w);
  if (c.kind === 'apply') applyChanges(w, c.killedAfter);
  if (c.kind === 'deleteRun') deleteRun(w, c.at);
};

const sweepUntilQuiet = (w: World): void => {
  w.state = reconciled(w);
  for (let round = 0; round < 200 && (w.state.running.length > 0 || w.state.queued.length > 0); round++) {
    w.state = reconciled(w);
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
        expect(w.state.running.filter(({ adopted }) => !adopted).length).toBeLessThanOrEqual(limits.running);
        expect(w.state.queued.length).toBeLessThanOrEqual(limits.queued);
      }
      sweepUntilQuiet(w);
      expect(w.mostRuns).toBeLessThanOrEqual(limits.running);
      const finished = new Set(w.state.finished.map(({ id }) => id));
      for (const id of w.old) expect(finished.has(id) || w.removed.has(id) || w.lost.has(id)).toBe(true);
      for (const id of w.removed) expect(finished.has(id)).toBe(false);
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
      w.state = reconciled(w);
      expect(reconciled(w)).toBe(w.state);
    }),
    { numRuns: 200 },
  );
});
