import { describe, expect, test } from '@jest/globals';
import { resultForKey } from '../../../../lib/ledger/idempotency.ts';
import { retain } from '../../../../lib/ledger/retention.ts';
import { cancel, closeLog, emptyState, finish, remove, start } from '../../../../lib/ledger/state.ts';
import type { LedgerState, Limits, NewBuild } from '../../../../lib/ledger/types.ts';

const limits: Limits = { running: 2, queued: 2, succeeded: 2, failed: 1 };
const now = new Date('2026-11-22T08:00:00Z');
const ending = { status: 'BUILD_SUCCESS', message: '', finishedAt: now.toISOString() } as const;

const entry = (id: string): NewBuild => ({
  id,
  parameters: { source_url: 'https://example.org/x' },
  sourceUrl: 'https://example.org/x',
  commit: 'c0',
  image: 'i',
});
const started = (state: LedgerState, id: string) => start(state, entry(id), undefined, limits, now);
const withBuilds = (...ids: string[]) => ids.reduce((state, id) => started(state, id).state, emptyState);
const names = (state: LedgerState) => ({
  running: state.running.map(({ id }) => id),
  queued: state.queued.map(({ id }) => id),
  finished: state.finished.map(({ id }) => id),
});

describe('start', () => {
  test('fills slots, then the queue with positions, then refuses', () => {
    const outcomes: unknown[] = [];
    const state = ['a', 'b', 'c', 'd', 'e'].reduce((current, id) => {
      const next = started(current, id);
      outcomes.push(next.result.kind === 'accepted' ? next.result.record.position : next.result.kind);
      return next.state;
    }, emptyState);
    expect(outcomes).toEqual([0, 0, 1, 2, 'full']);
    expect(names(state)).toEqual({ running: ['a', 'b'], queued: ['c', 'd'], finished: [] });
  });

  test('with no queue at all still fills the slots', () => {
    const none = { ...limits, queued: 0 };
    const one = start(emptyState, entry('a'), undefined, none, now);
    const two = start(one.state, entry('b'), undefined, none, now);
    expect([one.result.kind, two.result.kind, start(two.state, entry('c'), undefined, none, now).result.kind]).toEqual([
      'accepted',
      'accepted',
      'full',
    ]);
  });

  test('answers the same key with the same build, and refuses it with another request', () => {
    const key = { key: 'k', request: 'r' };
    const first = start(emptyState, entry('a'), key, limits, now);
    const again = start(first.state, entry('b'), key, limits, now);
    expect(again.result).toMatchObject({ kind: 'repeated', record: { id: 'a', position: 0 } });
    expect(again.state).toBe(first.state);
    expect(start(first.state, entry('b'), { key: 'k', request: 'other' }, limits, now).result.kind).toBe('key_reused');
  });

  test('forgets a key after a day, and then finds the build by its id', () => {
    const first = start(emptyState, entry('a'), { key: 'k', request: 'r' }, limits, now);
    const nextDay = new Date(now.getTime() + 25 * 60 * 60 * 1000);
    const again = start(first.state, entry('a'), { key: 'k', request: 'r' }, limits, nextDay);
    expect(again.result).toMatchObject({ kind: 'accepted', record: { id: 'a' } });
    expect(names(again.state).running).toEqual(['a']);
  });
});

describe('a write whose answer was lost is applied once more', () => {
  test('and answers as the first time', () => {
    const state = withBuilds('a', 'b', 'c', 'd');
    const again = started(state, 'd');
    expect(again.state).toBe(state);
    expect(again.result).toEqual({ kind: 'accepted', record: { id: 'd', commit: 'c0', position: 2 } });
    expect(started(state, 'a').result).toMatchObject({ kind: 'accepted', record: { position: 0 } });
  });

  test('but an old key does not give another build than was asked for', () => {
    const other = { ...entry('a'), parameters: { source_url: 'https://example.org/other' } };
    expect(start(withBuilds('a'), other, undefined, limits, now).result).toEqual({ kind: 'key_reused' });
  });
});

test('a key counts for a day, whether or not anything was started since', () => {
  const { state } = start(emptyState, entry('a'), { key: 'k', request: 'r' }, limits, now);
  const after = (hours: number) => new Date(now.getTime() + hours * 60 * 60 * 1000);
  expect(resultForKey(state, { key: 'k', request: 'r' }, after(23))).toMatchObject({ kind: 'repeated' });
  expect(resultForKey(state, { key: 'k', request: 'r' }, after(25))).toBeUndefined();
});

describe('finish', () => {
  test('gives the slot to the head of the queue', () => {
    expect(names(finish(withBuilds('a', 'b', 'c', 'd'), 'a', ending, limits, now))).toEqual({
      running: ['b', 'c'],
      queued: ['d'],
      finished: ['a'],
    });
  });

  test('changes nothing for a build that is not running', () => {
    const state = withBuilds('a', 'b', 'c');
    expect(finish(state, 'c', ending, limits, now)).toBe(state);
  });
});

describe('cancel', () => {
  test('ends a waiting build at once', () => {
    const { state, result } = cancel(withBuilds('a', 'b', 'c', 'd'), 'c', limits, now);
    expect(result).toBe('cancelled');
    expect(names(state)).toEqual({ running: ['a', 'b'], queued: ['d'], finished: ['c'] });
    expect(state.finished[0]).toMatchObject({ status: 'BUILD_CANCELLED', log: 'complete' });
  });

  test('keeps the slot of a running build until its run has ended', () => {
    const { state, result } = cancel(withBuilds('a', 'b', 'c'), 'a', limits, now);
    expect(result).toBe('cancelling');
    expect(names(state)).toEqual({ running: ['a', 'b'], queued: ['c'], finished: [] });
    expect(cancel(state, 'a', limits, now).state).toBe(state);
  });

  test('tells finished from unknown', () => {
    const state = finish(withBuilds('a'), 'a', ending, limits, now);
    expect([cancel(state, 'a', limits, now).result, cancel(state, 'x', limits, now).result]).toEqual([
      'finished',
      'unknown',
    ]);
  });
});

describe('remove', () => {
  test('hides a running build and drops it when it has ended', () => {
    const { state, known } = remove(withBuilds('a', 'b', 'c'), 'a', now);
    expect(known).toBe(true);
    expect(state.running[0]).toMatchObject({ id: 'a', deletedAt: now.toISOString(), cancelledAt: now.toISOString() });
    expect(remove(state, 'a', now).known).toBe(false);
    expect(cancel(state, 'a', limits, now).result).toBe('unknown');
    expect(names(finish(state, 'a', ending, limits, now))).toEqual({ running: ['b', 'c'], queued: [], finished: [] });
  });

  test('drops waiting and finished builds', () => {
    const state = finish(withBuilds('a', 'b', 'c', 'd'), 'a', ending, limits, now);
    expect(names(remove(remove(state, 'a', now).state, 'd', now).state)).toEqual({
      running: ['b', 'c'],
      queued: [],
      finished: [],
    });
    expect(remove(state, 'x', now)).toEqual({ state, known: false });
  });
});

describe('retention', () => {
  const finishedBuilds = (...statuses: ('BUILD_SUCCESS' | 'BUILD_FAILURE')[]): LedgerState => ({
    ...emptyState,
    finished: statuses.map((status, at) => ({
      ...entry(`f${at}`),
      acceptedAt: '',
      status,
      message: '',
      log: 'complete' as const,
    })),
  });

  test('keeps so many succeeded and so many failed, newest first', () => {
    const state = retain(
      finishedBuilds('BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_SUCCESS'),
      limits,
    );
    expect(names(state).finished).toEqual(['f0', 'f1', 'f2']);
  });

  test('never drops a build whose log is still being written', () => {
    const state = finishedBuilds('BUILD_FAILURE', 'BUILD_FAILURE');
    const live = { ...state, finished: state.finished.map((build) => ({ ...build, log: 'live' as const })) };
    expect(retain(live, limits)).toBe(live);
    expect(names(closeLog(live, 'f1', 'lost', 'why', limits)).finished).toEqual(['f0']);
  });

  /** As Go's encoding/json writes it. */
  const inEtcd = (state: LedgerState): number =>
    Buffer.byteLength(JSON.stringify(state).replace(/[<>&\u2028\u2029]/g, '\\u003c'));
  const outsize = (id: string): NewBuild => ({
    ...entry(id),
    parameters: { source_url: 'u', envvars: { HTML: '<>&\u2028'.repeat(4096) } },
  });
  const many = { running: 4, queued: 10, succeeded: 10, failed: 10 };
  const startAll = (count: number, from: LedgerState, own: Limits) =>
    Array.from({ length: count }, (_, at) => outsize(`b${at}`)).reduce(
      ({ state, refused }, build) => {
        const next = start(state, build, { key: build.id, request: 'r' }, own, now);
        return { state: next.state, refused: refused + (next.result.kind === 'too_large' ? 1 : 0) };
      },
      { state: from, refused: 0 },
    );

  test('counts characters as the API server escapes them', () => {
    const { finished } = finishedBuilds(...Array<'BUILD_SUCCESS'>(20).fill('BUILD_SUCCESS'));
    const heavy = finished.map((build) => ({ ...build, parameters: outsize(build.id).parameters }));
    const kept = retain({ ...emptyState, finished: heavy }, { ...many, succeeded: 20 });
    expect(kept.finished.length).toBeGreaterThan(3);
    expect(inEtcd(kept)).toBeLessThan(720_000);
  });

  test('a start that would make the ledger too large to be written is refused, until a build has ended', () => {
    const { state, refused } = startAll(14, emptyState, many);
    expect(refused).toBeGreaterThan(0);
    expect(inEtcd(state)).toBeGreaterThan(1_000_000);
    expect(inEtcd(state)).toBeLessThan(1_250_000);
    const ended = finish(state, 'b0', { ...ending, log: 'complete' }, many, now);
    expect(start(ended, outsize('new'), undefined, many, now).result.kind).toBe('accepted');
  });

  test('finished builds make room for a start, the oldest first, but not those whose log is still written', () => {
    const { finished } = finishedBuilds(...Array<'BUILD_SUCCESS'>(6).fill('BUILD_SUCCESS'));
    const heavy = finished.map((build) => ({ ...build, parameters: outsize(build.id).parameters }));
    const { state, refused } = startAll(10, { ...emptyState, finished: heavy }, many);
    expect(refused).toBe(0);
    expect(names(state).finished).toEqual(['f0', 'f1']);
    const live = heavy.map((build) => ({ ...build, log: 'live' as const }));
    const behind = startAll(10, { ...emptyState, finished: live }, many);
    expect(names(behind.state).finished).toHaveLength(6);
    expect(inEtcd(behind.state)).toBeLessThan(1_250_000);
    expect(behind.refused).toBeGreaterThan(0);
  });

  test('keeps the object below what etcd takes', () => {
    const big = { ...finishedBuilds(...Array<'BUILD_SUCCESS'>(1000).fill('BUILD_SUCCESS')) };
    const heavy = { ...big, finished: big.finished.map((build) => ({ ...build, message: 'x'.repeat(4000) })) };
    expect(JSON.stringify(retain(heavy, { ...limits, succeeded: 1000 })).length).toBeLessThan(1_000_000);
  });
});
