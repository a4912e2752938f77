import { expect, test } from '@jest/globals';
import { isEventOverdue, noteEvent, noteMissedEvent } from '../../../../lib/ledger/run-events.ts';
import { emptyState, finish, promote, start } from '../../../../lib/ledger/state.ts';
import type { LedgerState, Limits } from '../../../../lib/ledger/types.ts';

const limits: Limits = { running: 1, queued: 5, succeeded: 5, failed: 5 };
const now = new Date('2026-11-28T10:00:00.000Z');

const accept = (state: LedgerState, id: string): LedgerState => {
  const build = {
    ...{ id, parameters: { source_url: 'u' }, sourceUrl: 'u', commit: 'c', image: 'i' },
  };
  return start(state, build, undefined, limits, now).state;
};

const ending = { status: 'BUILD_SUCCESS', message: '', finishedAt: now.toISOString() } as const;

test('a build awaits an event from the time when it begins to run, and not while it is queued', () => {
  const state = accept(accept(emptyState, 'a'), 'b');
  expect(state.running[0]).toMatchObject({ id: 'a', event: 'awaited' });
  expect(state.queued[0]).not.toHaveProperty('event');
  const next = promote({ ...state, running: [] }, limits, now);
  expect(next.running[0]).toMatchObject({ id: 'b', event: 'awaited' });
});

test('an event is noted of a build that runs or has ended, once', () => {
  const state = accept(emptyState, 'a');
  const noted = noteEvent(state, 'a');
  expect(noted.running[0]).not.toHaveProperty('event');
  expect(noteEvent(noted, 'a')).toBe(noted);
  const ended = finish(state, 'a', ending, limits, now);
  expect(ended.finished[0]).toHaveProperty('event', 'awaited');
  expect(noteEvent(ended, 'a').finished[0]).not.toHaveProperty('event');
  expect(noteEvent(state, 'unknown')).toBe(state);
});

test('an event that was missed is noted once, and an event that comes late is noted after all', () => {
  const missed = noteMissedEvent(accept(emptyState, 'a'), 'a');
  expect(missed.running[0]).toHaveProperty('event', 'missed');
  expect(noteMissedEvent(missed, 'a')).toBe(missed);
  const noted = noteEvent(missed, 'a');
  expect(noteMissedEvent(noted, 'a')).toBe(noted);
});

test('a build that never had a run awaits no event when it has ended', () => {
  const ended = finish(accept(emptyState, 'a'), 'a', { ...ending, log: 'complete' }, limits, now);
  expect(ended.finished[0]).not.toHaveProperty('event');
});

test('an event is overdue ten seconds after the start of the run', () => {
  const [build] = accept(emptyState, 'a').running;
  const isOverdue = (startTime: string | undefined, event: 'awaited' | 'missed' = 'awaited'): boolean =>
    build !== undefined && isEventOverdue({ ...build, event }, startTime, now);
  expect(isOverdue('2026-11-28T09:59:49Z')).toBe(true);
  expect(isOverdue('2026-11-28T09:59:50Z')).toBe(false);
  expect(isOverdue(undefined)).toBe(false);
  expect(isOverdue('2026-11-28T09:00:00Z', 'missed')).toBe(false);
});
