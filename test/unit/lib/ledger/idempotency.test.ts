import { describe, expect, test } from '@jest/globals';
import { resultForKey } from '../../../../lib/ledger/idempotency.ts';
import { emptyState, start } from '../../../../lib/ledger/state.ts';
import { idsOf, ledgerWith, limits, newBuild, now, startBuild } from './builds.ts';

describe('a start with an Idempotency-Key', () => {
  test('gives the same build for the same request, and is refused with another request', () => {
    const key = { key: 'k', request: 'r' };
    const first = start(emptyState, newBuild('a'), key, limits, now);
    const again = start(first.state, newBuild('b'), key, limits, now);
    expect(again.result).toMatchObject({ kind: 'repeated', record: { id: 'a', position: 0 } });
    expect(again.state).toBe(first.state);
    expect(start(first.state, newBuild('b'), { key: 'k', request: 'other' }, limits, now).result.kind).toBe(
      'key_reused',
    );
  });

  test('finds the build by its id after a day, when the key itself is forgotten', () => {
    const first = start(emptyState, newBuild('a'), { key: 'k', request: 'r' }, limits, now);
    const nextDay = new Date(now.getTime() + 25 * 60 * 60 * 1000);
    const again = start(first.state, newBuild('a'), { key: 'k', request: 'r' }, limits, nextDay);
    expect(again.result).toMatchObject({ kind: 'accepted', record: { id: 'a' } });
    expect(idsOf(again.state).running).toEqual(['a']);
  });
});

describe('a start whose response was lost and that is applied again', () => {
  test('has the same result as the first time', () => {
    const state = ledgerWith('a', 'b', 'c', 'd');
    const again = startBuild(state, 'd');
    expect(again.state).toBe(state);
    expect(again.result).toEqual({ kind: 'accepted', record: { id: 'd', commit: 'c0', position: 2 } });
    expect(startBuild(state, 'a').result).toMatchObject({ kind: 'accepted', record: { position: 0 } });
  });

  test('is refused where the id belongs to a build with other parameters', () => {
    const other = { ...newBuild('a'), parameters: { source_url: 'https://example.org/other' } };
    expect(start(ledgerWith('a'), other, undefined, limits, now).result).toEqual({ kind: 'key_reused' });
  });
});

test('an Idempotency-Key counts for a day, whether or not another build was started meanwhile', () => {
  const { state } = start(emptyState, newBuild('a'), { key: 'k', request: 'r' }, limits, now);
  const after = (hours: number) => new Date(now.getTime() + hours * 60 * 60 * 1000);
  expect(resultForKey(state, { key: 'k', request: 'r' }, after(23))).toMatchObject({ kind: 'repeated' });
  expect(resultForKey(state, { key: 'k', request: 'r' }, after(25))).toBeUndefined();
});
