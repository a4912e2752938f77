import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  addCounts,
  admit,
  claimForRunning,
  emptyCapacity,
  fairShares,
  finishRevocation,
  markRevoked,
  registerWaiting,
} from '../../../../lib/capacity/state.ts';
import type { CapacityState } from '../../../../lib/capacity/types.ts';

const now = new Date('2026-11-22T08:00:00Z');
const at = now.toISOString();

const claimed = (...builds: string[]): CapacityState => ({
  ...emptyCapacity,
  claims: builds.map((id) => ({ tool: id[0] ?? '', id, at })),
});
const admitWith = (
  state: CapacityState,
  tool: string,
  wanted: string[],
  ended: string[] = [],
  since = '1',
  slots = 3,
) => admit(state, { tool, wanted, ended, since, limit: 9 }, slots, now);
const idsOf = ({ claims }: CapacityState) => claims.map(({ id }) => id);

describe('admitting builds', () => {
  test('claims the free slots and registers the tool as waiting for the rest', () => {
    const { state, result } = admitWith(claimed('a1'), 'b', ['b1', 'b2', 'b3']);
    expect([...result]).toEqual(['b1', 'b2']);
    expect(idsOf(state)).toEqual(['a1', 'b1', 'b2']);
    expect(state.waiting).toEqual([{ tool: 'b', since: at, wants: 1 }]);
  });

  test('changes nothing when the same builds are admitted again', () => {
    const once = admitWith(claimed('a1'), 'b', ['b1', 'b2', 'b3']).state;
    const again = admitWith(once, 'b', ['b1', 'b2', 'b3'], [], at);
    expect(again.state).toBe(once);
    expect([...again.result]).toEqual(['b1', 'b2']);
  });

  test('keeps a slot for the tool with the fewest running builds, then for the tool with the longest wait', () => {
    const waiting = registerWaiting(registerWaiting(claimed('a1', 'a2'), 'a', 1, '1'), 'b', 1, '5');
    expect(admitWith(waiting, 'a', ['a3']).result.size).toBe(0);
    expect(admitWith(waiting, 'c', ['c1'], [], '9').result.size).toBe(0);
    expect([...admitWith(waiting, 'c', ['c1'], [], '2').result]).toEqual(['c1']);
    expect([...admitWith(waiting, 'b', ['b1'], [], '5').result]).toEqual(['b1']);
  });

  test("gives an ended build's slot to the same tool only when it is that tool's turn", () => {
    const full = registerWaiting(claimed('a1', 'a2', 'b1'), 'c', 1, '5');
    expect([...admitWith(full, 'a', ['a3'], ['a1']).result]).toEqual([]);
    expect([...admitWith(claimed('a1', 'a2', 'b1'), 'a', ['a3'], ['a1']).result]).toEqual(['a3']);
  });

  test('never lets a build overtake another build of its tool', () => {
    const later = claimed('b2');
    expect([...admitWith(later, 'b', ['b1', 'b2'], [], '1', 1).result]).toEqual([]);
    expect([...admitWith(later, 'b', ['b1', 'b2'], [], '1', 2).result]).toEqual(['b1', 'b2']);
  });

  test("never exceeds the tool's own limit, also with claims that its ledger does not know, and waits for nothing beyond", () => {
    const request = { tool: 'b', wanted: ['b3', 'b4'], ended: [], since: '1', limit: 3 };
    const { state, result } = admit(claimed('b1', 'b2'), request, 50, now);
    expect([...result]).toEqual(['b3']);
    expect(state.waiting).toEqual([]);
    expect(admit(state, { ...request, wanted: ['b5'] }, 50, now)).toEqual({ state, result: new Set() });
    expect([...admit(state, { ...request, wanted: ['b5'], ended: ['b1'] }, 50, now).result]).toEqual(['b5']);
    expect(admit(claimed('b1', 'b2', 'b3', 'b4'), { ...request, wanted: ['b5'] }, 50, now).result.size).toBe(0);
  });

  test('property: never exceeds the capacity, and keeps no slot free without a tool whose turn it is', () => {
    const tool = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ tool, more: fc.nat(4), ends: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (all) => {
        let state: CapacityState = emptyCapacity;
        for (const [serial, { tool: name, more, ends }] of all.entries()) {
          const ended = idsOf(state)
            .filter((id) => id.startsWith(name))
            .slice(0, ends);
          const wanted = Array.from({ length: more }, (_, nth) => `${name}${serial}-${nth}`);
          const time = new Date(now.getTime() + serial);
          const request = { tool: name, wanted, ended, since: time.toISOString(), limit: 9 };
          state = admit(state, request, 3, time).state;
          expect(state.claims.length).toBeLessThanOrEqual(3);
          const isAlone = state.waiting.every(({ tool: other }) => other === name);
          expect(isAlone && fairShares(state, 3).size > 0).toBe(false);
        }
      }),
    );
  });
});

describe('a claim that is being revoked', () => {
  test('counts, but its build may not start', () => {
    const revoked = markRevoked(claimed('b1'), ['b1'], 'me');
    expect(admitWith(revoked, 'b', ['b1', 'b2']).result.size).toBe(0);
    expect(admitWith(revoked, 'a', ['a1', 'a2', 'a3']).result.size).toBe(2);
  });

  test('is removed in the end, unless its build runs by then', () => {
    const revoked = markRevoked(claimed('a1', 'b1'), ['a1', 'b1'], 'me');
    expect(finishRevocation(revoked, 'me', new Set(['a1']))).toEqual(claimed('a1'));
  });

  test('is not removed by a process whose mark another process has replaced', () => {
    const revoked = markRevoked(markRevoked(claimed('b1'), ['b1'], 'first'), ['b1'], 'second');
    expect(finishRevocation(revoked, 'first', new Set())).toBe(revoked);
    expect(idsOf(finishRevocation(revoked, 'second', new Set()))).toEqual([]);
  });
});

test('every running build gets a claim, also beyond the capacity', () => {
  const state = claimForRunning(markRevoked(claimed('a1'), ['a1'], 'me'), 'a', [
    { id: 'a1', acceptedAt: at },
    { id: 'a2', acceptedAt: '0', startedAt: at },
  ]);
  expect(state.claims).toEqual(claimed('a1', 'a2').claims);
  expect(claimForRunning(state, 'a', [{ id: 'a1', acceptedAt: at }])).toBe(state);
});

test('the counts of several sweeps add up', () => {
  const once = addCounts(emptyCapacity, { mended: { finished: 2 }, deadLetters: 1 });
  expect(addCounts(once, { mended: { finished: 1, promoted: 1 }, deadLetters: 0 }).counts).toEqual({
    mended: { finished: 3, promoted: 1 },
    deadLetters: 1,
  });
});
