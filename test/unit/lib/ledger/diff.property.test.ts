import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { diff, type ObservedRun, reconciledState } from '../../../../lib/ledger/diff.ts';
import { cancel, emptyState, remove, start } from '../../../../lib/ledger/state.ts';
import type { LedgerState, Limits } from '../../../../lib/ledger/types.ts';

/**
 * A world of one ledger and its runs, in which every function may be killed between any two writes: a command writes
 * the ledger only, and what follows from it happens in a separate step, or never.
 */
type World = {
  state: LedgerState;
  runs: Map<string, ObservedRun>;
  accepted: Set<string>;
  removed: Set<string>;
  serial: number;
  most: number;
  order: string[];
};

const limits: Limits = { running: 3, queued: 4, succeeded: 1000, failed: 1000 };
const now = new Date('2026-11-22T08:00:00Z');

const world = (): World => ({
  state: emptyState,
  runs: new Map(),
  accepted: new Set(),
  removed: new Set(),
  serial: 0,
  most: 0,
  order: [],
});

const active = ({ runs }: World): number => [...runs.values()].filter(({ ending }) => !ending).length;

const begin = (w: World, keyed: boolean): void => {
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

const act = (w: World, limit: number): void => {
  for (const action of diff(w.state, [...w.runs.values()]).slice(0, limit)) {
    if (action.kind === 'create') {
      const { id } = action.build;
      w.order.push(id);
      const ending = { status: 'BUILD_CANCELLED', message: '', finishedAt: now.toISOString() } as const;
      w.runs.set(id, { id, cancelling: action.cancelled, deleting: false, ...(action.cancelled ? { ending } : {}) });
    }
    if (action.kind === 'cancel')
      w.runs.set(action.id, { ...(w.runs.get(action.id) as ObservedRun), cancelling: true });
    if (action.kind === 'release') w.runs.delete(action.id);
    w.most = Math.max(w.most, active(w));
  }
};

const pick = (w: World, at: number): string => `b${at % Math.max(1, w.serial)}`;

/** stale: a reconcile that saw the runs of some steps ago, as one that was delayed would. */
const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), keyed: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), at: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('repair' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('act' as const), killedAfter: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deleteRun' as const), at: fc.nat(20) }) },
);

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const step = (w: World, c: Command): void => {
  if (c.kind === 'start') begin(w, c.keyed);
  if (c.kind === 'end') endRun(w, c.at);
  if (c.kind === 'cancel') w.state = cancel(w.state, pick(w, c.at), limits, now).state;
  if (c.kind === 'remove') {
    const removed = remove(w.state, pick(w, c.at), now);
    w.state = removed.state;
    if (removed.known) w.removed.add(pick(w, c.at));
  }
  if (c.kind === 'repair') w.state = reconciledState(w.state, [...w.runs.values()], limits, now);
  if (c.kind === 'act') act(w, c.killedAfter);
  if (c.kind === 'deleteRun') {
    const run = [...w.runs.values()][c.at % Math.max(1, w.runs.size)];
    if (run) w.runs.set(run.id, { ...run, deleting: true });
  }
};

const sweepUntilQuiet = (w: World): void => {
  for (let round = 0; round < 200 && (w.state.running.length > 0 || w.state.queued.length > 0); round++) {
    w.state = reconciledState(w.state, [...w.runs.values()], limits, now);
    act(w, 100);
    endRun(w, 0);
  }
};

test('whatever is lost, doubled or killed: never over the limit, and every accepted build ends', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const w = world();
      for (const c of commands) {
        step(w, c);
        expect(w.state.running.length).toBeLessThanOrEqual(limits.running);
        expect(w.state.queued.length).toBeLessThanOrEqual(limits.queued);
      }
      sweepUntilQuiet(w);
      expect(w.most).toBeLessThanOrEqual(limits.running);
      const finished = new Set(w.state.finished.map(({ id }) => id));
      for (const id of w.accepted) expect(finished.has(id) || w.removed.has(id)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('runs are created in the order in which builds were accepted', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const w = world();
      for (const c of commands) step(w, c);
      sweepUntilQuiet(w);
      const serials = w.order.map((id) => Number(id.slice(1)));
      // Within one repair up to `running` builds are promoted together; beyond that nobody overtakes.
      for (const [at, serial] of serials.entries())
        expect(serials.slice(at + limits.running).every((later) => later > serial - limits.running)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('a second repair finds nothing more to do', () => {
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
