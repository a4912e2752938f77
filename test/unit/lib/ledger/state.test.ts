import { describe, expect, test } from '@jest/globals';
import { cancel, emptyState, finish, remove, start } from '../../../../lib/ledger/state.ts';
import { ending, idsOf, ledgerWith, limits, newBuild, now, startBuild } from './builds.ts';

describe('starting a build', () => {
  test('fills the slots, then the queue, and is refused when both are full', () => {
    const results: unknown[] = [];
    const state = ['a', 'b', 'c', 'd', 'e'].reduce((current, id) => {
      const next = startBuild(current, id);
      results.push(next.result.kind === 'accepted' ? next.result.record.position : next.result.kind);
      return next.state;
    }, emptyState);
    expect(results).toEqual([0, 0, 1, 2, 'full']);
    expect(idsOf(state)).toEqual({ running: ['a', 'b'], queued: ['c', 'd'], finished: [] });
  });

  test('fills the slots where the queue may hold nothing', () => {
    const none = { ...limits, queued: 0 };
    const one = start(emptyState, newBuild('a'), undefined, none, now);
    const two = start(one.state, newBuild('b'), undefined, none, now);
    expect([
      one.result.kind,
      two.result.kind,
      start(two.state, newBuild('c'), undefined, none, now).result.kind,
    ]).toEqual(['accepted', 'accepted', 'full']);
  });
});

describe('finishing a build', () => {
  test('gives its slot to the first build in the queue', () => {
    expect(idsOf(finish(ledgerWith('a', 'b', 'c', 'd'), 'a', ending, limits, now))).toEqual({
      running: ['b', 'c'],
      queued: ['d'],
      finished: ['a'],
    });
  });

  test('changes nothing where the build does not run', () => {
    const state = ledgerWith('a', 'b', 'c');
    expect(finish(state, 'c', ending, limits, now)).toBe(state);
  });
});

describe('cancelling a build', () => {
  test('ends a queued build at once', () => {
    const { state, result } = cancel(ledgerWith('a', 'b', 'c', 'd'), 'c', limits, now);
    expect(result).toBe('cancelled');
    expect(idsOf(state)).toEqual({ running: ['a', 'b'], queued: ['d'], finished: ['c'] });
    expect(state.finished[0]).toMatchObject({ status: 'BUILD_CANCELLED', log: 'complete' });
  });

  test('keeps the slot of a running build until its run has ended', () => {
    const { state, result } = cancel(ledgerWith('a', 'b', 'c'), 'a', limits, now);
    expect(result).toBe('cancelling');
    expect(idsOf(state)).toEqual({ running: ['a', 'b'], queued: ['c'], finished: [] });
    expect(cancel(state, 'a', limits, now).state).toBe(state);
  });

  test('distinguishes finished builds from unknown builds', () => {
    const state = finish(ledgerWith('a'), 'a', ending, limits, now);
    expect([cancel(state, 'a', limits, now).result, cancel(state, 'x', limits, now).result]).toEqual([
      'finished',
      'unknown',
    ]);
  });
});

describe('deleting a build', () => {
  test('hides a running build, and drops the build when its run has ended', () => {
    const { state, known } = remove(ledgerWith('a', 'b', 'c'), 'a', now);
    expect(known).toBe(true);
    expect(state.running[0]).toMatchObject({ id: 'a', deletedAt: now.toISOString(), cancelledAt: now.toISOString() });
    expect(remove(state, 'a', now).known).toBe(false);
    expect(cancel(state, 'a', limits, now).result).toBe('unknown');
    expect(idsOf(finish(state, 'a', ending, limits, now))).toEqual({ running: ['b', 'c'], queued: [], finished: [] });
  });

  test('drops queued and finished builds at once', () => {
    const state = finish(ledgerWith('a', 'b', 'c', 'd'), 'a', ending, limits, now);
    expect(idsOf(remove(remove(state, 'a', now).state, 'd', now).state)).toEqual({
      running: ['b', 'c'],
      queued: [],
      finished: [],
    });
    expect(remove(state, 'x', now)).toEqual({ state, known: false });
  });
});
