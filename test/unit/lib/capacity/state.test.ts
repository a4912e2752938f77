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

const running = (...builds: string[]): CapacityState => ({
  ...emptyCapacity,
  claims: builds.map((id) => ({ tool: id[0] ?? '', id, at })),
});
const ask = (state: CapacityState, tool: string, wanted: string[], ended: string[] = [], since = '1', slots = 3) =>
  admit(state, { tool, wanted, ended, since, limit: 9 }, slots, now);
const names = ({ claims }: CapacityState) => claims.map(({ id }) => id);

describe('admit', () => {
  test('gives what is free, and notes who waits for the rest', () => {
    const { state, result } = ask(running('a1'), 'b', ['b1', 'b2', 'b3']);
    expect([...result]).toEqual(['b1', 'b2']);
    expect(names(state)).toEqual(['a1', 'b1', 'b2']);
    expect(state.waiting).toEqual([{ tool: 'b', since: at, wants: 1 }]);
  });

  test('is the same when it is asked again', () => {
    const once = ask(running('a1'), 'b', ['b1', 'b2', 'b3']).state;
    const again = ask(once, 'b', ['b1', 'b2', 'b3'], [], at);
    expect(again.state).toBe(once);
    expect([...again.result]).toEqual(['b1', 'b2']);
  });

  test('keeps a slot for the tool with the fewest running builds, then for the longest wait', () => {
    const waiting = registerWaiting(registerWaiting(running('a1', 'a2'), 'a', 1, '1'), 'b', 1, '5');
    expect(ask(waiting, 'a', ['a3']).result.size).toBe(0);
    expect(ask(waiting, 'c', ['c1'], [], '9').result.size).toBe(0);
    expect([...ask(waiting, 'c', ['c1'], [], '2').result]).toEqual(['c1']);
    expect([...ask(waiting, 'b', ['b1'], [], '5').result]).toEqual(['b1']);
  });

  test("an ended build's slot goes to its own tool only when that is its turn", () => {
    const full = registerWaiting(running('a1', 'a2', 'b1'), 'c', 1, '5');
    expect([...ask(full, 'a', ['a3'], ['a1']).result]).toEqual([]);
    expect([...ask(running('a1', 'a2', 'b1'), 'a', ['a3'], ['a1']).result]).toEqual(['a3']);
  });

  test('nobody is overtaken by a build of its own tool', () => {
    const later = running('b2');
    expect([...ask(later, 'b', ['b1', 'b2'], [], '1', 1).result]).toEqual([]);
    expect([...ask(later, 'b', ['b1', 'b2'], [], '1', 2).result]).toEqual(['b1', 'b2']);
  });

  test("never passes the tool's own limit, whatever its ledger knows of, and does not wait for what is beyond", () => {
    const wish = { tool: 'b', wanted: ['b3', 'b4'], ended: [], since: '1', limit: 3 };
    const { state, result } = admit(running('b1', 'b2'), wish, 50, now);
    expect([...result]).toEqual(['b3']);
    expect(state.waiting).toEqual([]);
    expect(admit(state, { ...wish, wanted: ['b5'] }, 50, now)).toEqual({ state, result: new Set() });
    expect([...admit(state, { ...wish, wanted: ['b5'], ended: ['b1'] }, 50, now).result]).toEqual(['b5']);
    expect(admit(running('b1', 'b2', 'b3', 'b4'), { ...wish, wanted: ['b5'] }, 50, now).result.size).toBe(0);
  });

  test('never passes the capacity, and keeps no slot free for nobody', () => {
    const tool = fc.constantFrom('a', 'b', 'c');
    const asked = fc.record({ tool, more: fc.nat(4), ends: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(asked, { maxLength: 40 }), (all) => {
        let state: CapacityState = emptyCapacity;
        for (const [serial, { tool: name, more, ends }] of all.entries()) {
          const ended = names(state)
            .filter((id) => id.startsWith(name))
            .slice(0, ends);
          const wanted = Array.from({ length: more }, (_, nth) => `${name}${serial}-${nth}`);
          const time = new Date(now.getTime() + serial);
          const wish = { tool: name, wanted, ended, since: time.toISOString(), limit: 9 };
          state = admit(state, wish, 3, time).state;
          expect(state.claims.length).toBeLessThanOrEqual(3);
          const isAlone = state.waiting.every(({ tool: other }) => other === name);
          expect(isAlone && fairShares(state, 3).size > 0).toBe(false);
        }
      }),
    );
  });
});

describe('a claim that is taken away', () => {
  test('counts, but nobody may start its build', () => {
    const taken = markRevoked(running('b1'), ['b1'], 'me');
    expect(ask(taken, 'b', ['b1', 'b2']).result.size).toBe(0);
    expect(ask(taken, 'a', ['a1', 'a2', 'a3']).result.size).toBe(2);
  });

  test('is gone in the end, unless its build runs by then', () => {
    const taken = markRevoked(running('a1', 'b1'), ['a1', 'b1'], 'me');
    expect(finishRevocation(taken, 'me', new Set(['a1']))).toEqual(running('a1'));
  });

  test('is not touched by who began before somebody else did', () => {
    const taken = markRevoked(markRevoked(running('b1'), ['b1'], 'first'), ['b1'], 'second');
    expect(finishRevocation(taken, 'first', new Set())).toBe(taken);
    expect(names(finishRevocation(taken, 'second', new Set()))).toEqual([]);
  });
});

test('builds that run have a claim even where that is too many', () => {
  const state = claimForRunning(markRevoked(running('a1'), ['a1'], 'me'), 'a', [
    { id: 'a1', acceptedAt: at },
    { id: 'a2', acceptedAt: '0', startedAt: at },
  ]);
  expect(state.claims).toEqual(running('a1', 'a2').claims);
  expect(claimForRunning(state, 'a', [{ id: 'a1', acceptedAt: at }])).toBe(state);
});

test('counts add up', () => {
  const once = addCounts(emptyCapacity, { mended: { finished: 2 }, deadLetters: 1 });
  expect(addCounts(once, { mended: { finished: 1, promoted: 1 }, deadLetters: 0 }).counts).toEqual({
    mended: { finished: 3, promoted: 1 },
    deadLetters: 1,
  });
});
