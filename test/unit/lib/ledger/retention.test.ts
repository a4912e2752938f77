import { describe, expect, test } from '@jest/globals';
import { retain } from '../../../../lib/ledger/retention.ts';
import { closeLog, emptyState, finish, start } from '../../../../lib/ledger/state.ts';
import type { LedgerState, Limits, NewBuild } from '../../../../lib/ledger/types.ts';
import { ending, idsOf, limits, newBuild, now } from './builds.ts';

describe('the retention of finished builds', () => {
  const finishedBuilds = (...statuses: ('BUILD_SUCCESS' | 'BUILD_FAILURE')[]): LedgerState => ({
    ...emptyState,
    finished: statuses.map((status, at) => ({
      ...newBuild(`f${at}`),
      acceptedAt: '',
      status,
      message: '',
      log: 'complete' as const,
    })),
  });

  test('keeps the newest builds, up to one limit for succeeded and one for failed builds', () => {
    const state = retain(
      finishedBuilds('BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_SUCCESS', 'BUILD_FAILURE', 'BUILD_SUCCESS'),
      limits,
    );
    expect(idsOf(state).finished).toEqual(['f0', 'f1', 'f2']);
  });

  test('never drops a build whose log is still being written', () => {
    const state = finishedBuilds('BUILD_FAILURE', 'BUILD_FAILURE');
    const live = { ...state, finished: state.finished.map((build) => ({ ...build, log: 'live' as const })) };
    expect(retain(live, limits)).toBe(live);
    expect(idsOf(closeLog(live, 'f1', 'lost', 'why', limits)).finished).toEqual(['f0']);
  });

  /**
   * Returns the size of a ledger in etcd in bytes. The API server stores JSON as Go's encoding/json writes it, which
   * escapes <, >, &, U+2028 and U+2029 with six bytes each.
   */
  const storedBytes = (state: LedgerState): number =>
    Buffer.byteLength(JSON.stringify(state).replace(/[<>&\u2028\u2029]/g, '\\u003c'));
  const hugeBuild = (id: string): NewBuild => ({
    ...newBuild(id),
    parameters: { source_url: 'u', envvars: { HTML: '<>&\u2028'.repeat(4096) } },
  });
  const many = { running: 4, queued: 10, succeeded: 10, failed: 10 };
  const startAll = (count: number, from: LedgerState, own: Limits) =>
    Array.from({ length: count }, (_, at) => hugeBuild(`b${at}`)).reduce(
      ({ state, refused }, build) => {
        const next = start(state, build, { key: build.id, request: 'r' }, own, now);
        return { state: next.state, refused: refused + (next.result.kind === 'too_large' ? 1 : 0) };
      },
      { state: from, refused: 0 },
    );

  test('counts characters as the API server escapes them', () => {
    const { finished } = finishedBuilds(...Array<'BUILD_SUCCESS'>(20).fill('BUILD_SUCCESS'));
    const heavy = finished.map((build) => ({ ...build, parameters: hugeBuild(build.id).parameters }));
    const kept = retain({ ...emptyState, finished: heavy }, { ...many, succeeded: 20 });
    expect(kept.finished.length).toBeGreaterThan(3);
    expect(storedBytes(kept)).toBeLessThan(720_000);
  });

  test('refuses a start that would make the ledger too large to be written, until a build has ended', () => {
    const { state, refused } = startAll(14, emptyState, many);
    expect(refused).toBeGreaterThan(0);
    expect(storedBytes(state)).toBeGreaterThan(1_000_000);
    expect(storedBytes(state)).toBeLessThan(1_250_000);
    const ended = finish(state, 'b0', { ...ending, log: 'complete' }, many, now);
    expect(start(ended, hugeBuild('new'), undefined, many, now).result.kind).toBe('accepted');
  });

  test('drops the oldest finished builds to make room for a start, except builds whose log is still written', () => {
    const { finished } = finishedBuilds(...Array<'BUILD_SUCCESS'>(6).fill('BUILD_SUCCESS'));
    const heavy = finished.map((build) => ({ ...build, parameters: hugeBuild(build.id).parameters }));
    const { state, refused } = startAll(10, { ...emptyState, finished: heavy }, many);
    expect(refused).toBe(0);
    expect(idsOf(state).finished).toEqual(['f0', 'f1']);
    const live = heavy.map((build) => ({ ...build, log: 'live' as const }));
    const unclosed = startAll(10, { ...emptyState, finished: live }, many);
    expect(idsOf(unclosed.state).finished).toHaveLength(6);
    expect(storedBytes(unclosed.state)).toBeLessThan(1_250_000);
    expect(unclosed.refused).toBeGreaterThan(0);
  });

  test('keeps the ledger below the size that etcd stores', () => {
    const big = { ...finishedBuilds(...Array<'BUILD_SUCCESS'>(1000).fill('BUILD_SUCCESS')) };
    const heavy = { ...big, finished: big.finished.map((build) => ({ ...build, message: 'x'.repeat(4000) })) };
    expect(JSON.stringify(retain(heavy, { ...limits, succeeded: 1000 })).length).toBeLessThan(1_000_000);
  });
});
