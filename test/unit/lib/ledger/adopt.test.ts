import { expect, test } from '@jest/globals';
import { adopt } from '../../../../lib/ledger/adopt.ts';
import { diff, type ObservedRun, reconciledState } from '../../../../lib/ledger/diff.ts';
import { cancel, closeLog, emptyState, remove, start } from '../../../../lib/ledger/state.ts';
import type { BuildRecord, Ending, LedgerState } from '../../../../lib/ledger/types.ts';
import { ending, idsOf, ledgerWith, limits, newBuild, now } from './builds.ts';

const build = (id: string, more: Partial<BuildRecord> = {}): BuildRecord => ({
  ...newBuild(id),
  acceptedAt: '2026-11-22T07:00:00.000Z',
  status: 'BUILD_PENDING',
  message: '',
  log: 'live',
  adopted: true,
  ...more,
});

/** Returns a run of builds-api, as a reconcile observes it. */
const oldRun = (id: string, ended?: Partial<Ending>, more: Partial<BuildRecord> = {}): ObservedRun => ({
  id,
  cancelling: false,
  deleting: false,
  isLocked: false,
  build: build(id, more),
  ...(ended ? { ending: { ...ending, ...ended } } : {}),
});

const reconciled = (state: LedgerState, runs: ObservedRun[]) =>
  reconciledState(adopt(state, runs, limits), runs, limits, now);

test('a run of builds-api becomes a running build, or a finished one where it has ended', () => {
  const state = adopt(emptyState, [oldRun('a'), oldRun('b', { message: 'done', digest: 'sha256:d' })], limits);
  expect(state.running).toEqual([build('a')]);
  expect(state.finished).toEqual([
    { ...build('b'), status: 'BUILD_SUCCESS', message: 'done', digest: 'sha256:d', finishedAt: now.toISOString() },
  ]);
});

test('a run is adopted once, whatever has become of its build', () => {
  const runs = [oldRun('a'), oldRun('b', {})];
  const once = reconciled(emptyState, runs);
  expect(reconciled(once, runs)).toBe(once);
  const ended = reconciled(once, [oldRun('a', {}), oldRun('b', {})]);
  expect(idsOf(ended)).toEqual({ running: [], queued: [], finished: ['a', 'b'] });
  expect(reconciled(ended, [oldRun('a', {}), oldRun('b', {})])).toBe(ended);
});

test('a deleted build is not adopted again while its run is still there, and its run is released', () => {
  const runs = [oldRun('a', {}), oldRun('b')];
  const state = ['a', 'b'].reduce((before, id) => remove(before, id, now).state, reconciled(emptyState, runs));
  const after = reconciled(state, runs);
  expect(idsOf(after)).toEqual({ running: ['b'], queued: [], finished: [] });
  expect(diff(after, runs, true)).toEqual([
    { kind: 'cancel', id: 'b' },
    { kind: 'release', id: 'a' },
  ]);
  const allEnded = [oldRun('a', {}), oldRun('b', { status: 'BUILD_CANCELLED' })];
  const last = reconciled(after, allEnded);
  expect(idsOf(last)).toEqual({ running: [], queued: [], finished: [] });
  expect(diff(last, allEnded, true)).toEqual([
    { kind: 'release', id: 'a' },
    { kind: 'release', id: 'b' },
  ]);
  expect(reconciled(last, allEnded)).toBe(last);
});

test('retention drops the oldest adopted builds once their logs are closed, and releases their runs', () => {
  const ids = ['a', 'b', 'c', 'd'];
  const runs = ids.map((id, at) => oldRun(id, { finishedAt: `2026-11-22T0${at}:00:00Z` }));
  const adopted = reconciled(emptyState, runs);
  expect(idsOf(adopted).finished).toEqual(['d', 'c', 'b', 'a']);
  expect(diff(adopted, runs, true)).toEqual([]);
  const closed = ids.reduce((state, id) => closeLog(state, id, 'complete', undefined, limits), adopted);
  expect(idsOf(closed).finished).toEqual(['d', 'c']);
  expect(diff(closed, runs, true)).toEqual([
    { kind: 'release', id: 'a' },
    { kind: 'release', id: 'b' },
  ]);
  expect(reconciled(closed, runs)).toBe(closed);
});

test('adopted builds are sorted among the finished builds of the service by the time of their end', () => {
  const own = { ...build('own'), status: 'BUILD_SUCCESS', finishedAt: '2026-11-22T05:00:00.500Z' } as const;
  const runs = [
    oldRun('older', { finishedAt: '2026-11-22T05:00:00Z' }),
    oldRun('newer', { finishedAt: '2026-11-22T06:00:00Z', status: 'BUILD_FAILURE' }),
  ];
  const state = adopt({ ...emptyState, finished: [own] }, runs, limits);
  expect(idsOf(state).finished).toEqual(['newer', 'own', 'older']);
});

test('adopted builds run beyond the limit of the tool, and no queued build starts before there is a slot', () => {
  const runs = ['a', 'b', 'c'].map((id) => oldRun(id));
  const { state } = start(adopt(emptyState, runs, limits), newBuild('mine'), undefined, limits, now);
  expect(idsOf(state)).toEqual({ running: ['a', 'b', 'c'], queued: ['mine'], finished: [] });
  const two = [oldRun('a'), oldRun('b'), oldRun('c', {})];
  expect(idsOf(reconciled(state, two)).queued).toEqual(['mine']);
  const one = [oldRun('a'), oldRun('b', {}), oldRun('c', {})];
  expect(idsOf(reconciled(state, one)).running).toEqual(['a', 'mine']);
});

test('runs of builds-api that are not adopted hold slots as well', () => {
  const state = { ...ledgerWith('a', 'b', 'c'), running: [] };
  expect(idsOf(state).queued).toEqual(['c']);
  const promoted = (...runs: ObservedRun[]) => idsOf(reconciledState(state, runs, limits, now)).running;
  expect(promoted(oldRun('x'), oldRun('y'))).toEqual([]);
  expect(promoted(oldRun('x'), oldRun('y', {}))).toEqual(['c']);
});

test('a run of builds-api that the ledger does not know is neither cancelled nor released', () => {
  const runs = [oldRun('a'), oldRun('b', {}), { ...oldRun('c'), deleting: true }];
  expect(diff(emptyState, runs, true)).toEqual([]);
  expect(diff(emptyState, runs, false)).toEqual([]);
});

test('a run that is being deleted is not adopted', () => {
  expect(adopt(emptyState, [{ ...oldRun('a', {}), deleting: true }], limits)).toBe(emptyState);
});

test('no run is created or released for an adopted build whose run is missing or being deleted', () => {
  const state = adopt(emptyState, [oldRun('a')], limits);
  expect(diff(state, [], true)).toEqual([]);
  expect(diff(state, [{ ...oldRun('a'), deleting: true }], true)).toEqual([]);
});

test('an adopted build is cancelled by its run', () => {
  const state = cancel(adopt(emptyState, [oldRun('a')], limits), 'a', limits, now).state;
  expect(diff(state, [oldRun('a')], true)).toEqual([{ kind: 'cancel', id: 'a' }]);
  expect(diff(state, [{ ...oldRun('a'), cancelling: true }], true)).toEqual([]);
});

test('a run whose record would be too large is not adopted, and others are', () => {
  const large = { parameters: { source_url: 'u', envvars: { TEXT: '<'.repeat(20_000) } } };
  const state = adopt(emptyState, [oldRun('large', undefined, large), oldRun('a')], limits);
  expect(idsOf(state).running).toEqual(['a']);
});

test('the newest runs are adopted while the ledger has room, and the rest when there is room again', () => {
  const large = { parameters: { source_url: 'u', envvars: { TEXT: 'x'.repeat(90_000) } } };
  const runs = Array.from({ length: 30 }, (_, at) =>
    oldRun(`run-${at}`, undefined, { ...large, acceptedAt: new Date(now.getTime() + at).toISOString() }),
  );
  const state = adopt(emptyState, runs, limits);
  const adopted = idsOf(state).running;
  expect(adopted.length).toBeGreaterThan(5);
  expect(adopted.length).toBeLessThan(20);
  expect(adopted).toEqual(
    runs
      .slice(-adopted.length)
      .map(({ id }) => id)
      .reverse(),
  );
  expect(adopt(state, runs, limits)).toBe(state);
  const freed = { ...state, running: [] };
  expect(idsOf(adopt(freed, runs.slice(0, 30 - adopted.length), limits)).running.length).toBeGreaterThan(0);
});

test('the run of a finished build is kept without the finalizer, or released, as the setting says', () => {
  const run: ObservedRun = { id: 'a', cancelling: false, deleting: false, isLocked: true, ending };
  const finished = { ...build('a'), status: 'BUILD_SUCCESS', log: 'complete', finishedAt: ending.finishedAt } as const;
  const state = { ...emptyState, finished: [finished] };
  expect(diff(state, [run], true)).toEqual([{ kind: 'unlock', id: 'a' }]);
  expect(diff(state, [{ ...run, isLocked: false }], true)).toEqual([]);
  expect(diff(state, [{ ...run, deleting: true }], true)).toEqual([{ kind: 'unlock', id: 'a' }]);
  expect(diff(state, [run], false)).toEqual([{ kind: 'release', id: 'a' }]);
  expect(diff({ ...state, finished: [{ ...finished, log: 'live' }] }, [run], true)).toEqual([]);
  expect(diff(emptyState, [run], true)).toEqual([{ kind: 'release', id: 'a' }]);
});

test('a ledger forgets the oldest gone builds whose runs are gone as well, and keeps 100 ids', () => {
  const gone = Array.from({ length: 103 }, (_, at) => `gone-${at}`);
  const runs = [oldRun('gone-0', {}), oldRun('gone-50', {})];
  const state = reconciled({ ...emptyState, gone }, runs);
  expect(state.gone).toHaveLength(100);
  expect(state.gone).toContain('gone-0');
  expect(state.gone).not.toContain('gone-1');
  expect(state.gone).toContain('gone-4');
  expect(idsOf(state).finished).toEqual([]);
});
