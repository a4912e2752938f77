import { expect, test } from '@jest/globals';
import { emptyCapacity } from '../../../../lib/capacity/state.ts';
import { emptyState } from '../../../../lib/ledger/state.ts';
import type { LedgerView } from '../../../../lib/ledger/store.ts';
import type { BuildRecord, Limits } from '../../../../lib/ledger/types.ts';
import { formatMetrics } from '../../../../lib/metrics/format.ts';
import { type MetricsInput, metricsOf } from '../../../../lib/metrics/metrics.ts';
import { addLedger, emptyTotals } from '../../../../lib/metrics/totals.ts';

const limits: Limits = { running: 2, queued: 5, succeeded: 10, failed: 10 };
const now = new Date('2026-11-22T08:00:00Z');

const record = (
  id: string,
  status: BuildRecord['status'] = 'BUILD_PENDING',
  acceptedAt = now.toISOString(),
): BuildRecord => ({
  id,
  status,
  acceptedAt,
  parameters: { source_url: 'u' },
  sourceUrl: 'u',
  commit: 'c',
  image: 'i',
  message: '',
  log: 'complete',
});

const totalsOf = (ledgers: Record<string, LedgerView['state']>) => {
  const totals = emptyTotals();
  for (const [tool, state] of Object.entries(ledgers)) addLedger(totals, tool, { state, limits }, now);
  return totals;
};

const input: MetricsInput = {
  totals: totalsOf({
    busy: {
      ...emptyState,
      running: [record('a'), record('b')],
      queued: [record('c', 'BUILD_PENDING', '2026-11-22T07:58:30Z'), record('d')],
      finished: [record('e', 'BUILD_SUCCESS'), record('f', 'BUILD_TIMEOUT')],
    },
    idle: { ...emptyState, finished: [record('g', 'BUILD_SUCCESS')] },
  }),
  statuses: new Map([['a', 'BUILD_RUNNING']]),
  capacity: {
    ...emptyCapacity,
    claims: [{ tool: 'busy', id: 'a', at: '' }],
    counts: { mended: { finished: 3 }, deadLetters: 1 },
  },
  slots: 10,
};

const lines = (of: MetricsInput, showsTools = true): string[] => formatMetrics(metricsOf(of, showsTools)).split('\n');

test('the archive lag is the time since the oldest end of a build whose log is not archived', () => {
  const finished = [
    { ...record('x', 'BUILD_SUCCESS'), log: 'live' as const, finishedAt: '2026-11-22T07:59:00Z' },
    { ...record('y', 'BUILD_FAILURE'), log: 'live' as const, finishedAt: '2026-11-22T07:55:00Z' },
    { ...record('z', 'BUILD_FAILURE'), finishedAt: '2026-11-22T07:00:00Z' },
  ];
  const totals = totalsOf({ idle: { ...emptyState, finished } });
  expect(lines({ ...input, totals })).toContain('toolforge_builds_archive_lag_seconds 300');
  expect(lines(input)).toContain('toolforge_builds_archive_lag_seconds 0');
});

test('the metrics show builds by status and tool, slots, and the counts of sweep', () => {
  expect(lines(input).filter((line) => !line.startsWith('#'))).toEqual([
    'toolforge_builds{status="BUILD_PENDING"} 3',
    'toolforge_builds{status="BUILD_RUNNING"} 1',
    'toolforge_builds{status="BUILD_SUCCESS"} 2',
    'toolforge_builds{status="BUILD_FAILURE"} 0',
    'toolforge_builds{status="BUILD_CANCELLED"} 0',
    'toolforge_builds{status="BUILD_TIMEOUT"} 1',
    'toolforge_builds{status="BUILD_UNKNOWN"} 0',
    'toolforge_builds_running 2',
    'toolforge_builds_queued 2',
    'toolforge_builds_oldest_wait_seconds 90',
    'toolforge_builds_archive_lag_seconds 0',
    'toolforge_builds_without_event 0',
    'toolforge_builds_unreadable_ledgers 0',
    'toolforge_builds_slots 10',
    'toolforge_builds_slots_taken 1',
    'toolforge_builds_tool_running{tool="busy"} 2',
    'toolforge_builds_tool_queued{tool="busy"} 2',
    'toolforge_builds_tool_limit{tool="busy"} 2',
    'toolforge_builds_sweep_mended_total{what="finished"} 3',
    'toolforge_builds_dead_letters_total 1',
    '',
  ]);
});

test('the metrics without those of single tools name no tool', () => {
  const shown = lines(input, false);
  expect(shown.filter((line) => line.includes('busy') || line.includes('_tool_'))).toEqual([]);
  expect(shown).toContain('toolforge_builds_running 2');
});

test('each metric has one TYPE line', () => {
  const explained = lines(input).filter((line) => line.startsWith('# TYPE'));
  expect(explained).toContain('# TYPE toolforge_builds_sweep_mended_total counter');
  expect(new Set(explained).size).toBe(explained.length);
});

test('the metrics of slots are left out where the capacity is not limited', () => {
  expect(lines({ ...input, slots: undefined }).some((line) => line.includes('_slots'))).toBe(false);
});

test('labels are escaped as Prometheus requires', () => {
  const samples = [{ labels: { a: 'x"\\\n' }, value: 1 }];
  expect(formatMetrics([{ name: 'm', type: 'gauge', help: 'h', samples }])).toBe(
    '# HELP m h\n# TYPE m gauge\nm{a="x\\"\\\\\\n"} 1\n',
  );
});

test('builds that ended in the last hour without any event are counted', () => {
  const ended = (id: string, finishedAt: string, event?: BuildRecord['event']): BuildRecord => ({
    ...record(id, 'BUILD_SUCCESS'),
    finishedAt,
    ...(event ? { event } : {}),
  });
  const finished = [
    ended('awaited', '2026-11-22T07:59:00Z', 'awaited'),
    ended('missed', '2026-11-22T07:01:00Z', 'missed'),
    ended('long-ago', '2026-11-22T06:59:00Z', 'missed'),
    ended('seen', '2026-11-22T07:59:00Z'),
  ];
  const running = [{ ...record('running'), event: 'awaited' } as const];
  const totals = totalsOf({ t: { ...emptyState, running, finished } });
  expect(lines({ ...input, totals })).toContain('toolforge_builds_without_event 2');
  expect(lines(input)).toContain('toolforge_builds_without_event 0');
});

test('a ledger that cannot be read is counted, and adds no part of itself to the other metrics', () => {
  const readable = { ...emptyState, running: [record('a')], finished: [record('b', 'BUILD_SUCCESS')] };
  const broken = [{ finished: null }, { finished: [null] }, { queued: 7 }, { running: [null] }].map((fields) => {
    return {
      ...emptyState,
      running: [record('c')],
      queued: [record('d')],
      ...fields,
    } as unknown as LedgerView['state'];
  });
  const alone = lines({ ...input, totals: totalsOf({ readable }) });
  const all = lines({ ...input, totals: totalsOf({ ...Object.fromEntries(broken.entries()), readable }) });
  expect(alone).toContain('toolforge_builds_unreadable_ledgers 0');
  expect(all).toEqual(
    alone.map((line) => line.replace(/^(toolforge_builds_unreadable_ledgers) 0$/, `$1 ${broken.length}`)),
  );
});
