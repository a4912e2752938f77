import type { BuildStatus } from '../../openapi/generated/types.ts';
import type { CapacityState } from '../capacity/types.ts';
import type { LedgerView } from '../ledger/store.ts';
import { statusOf } from '../tekton/status.ts';
import type { PipelineRun } from '../tekton/types.ts';
import type { Metric, Sample } from './format.ts';

/** State of all builds at one moment, from which the metrics are computed. */
export type MetricsInput = {
  /** Ledgers of all tools, by the tool's name. */
  ledgers: ReadonlyMap<string, LedgerView>;
  /** PipelineRuns of all builds, by the build's id. */
  runs: ReadonlyMap<string, PipelineRun>;
  capacity: CapacityState;
  /** Number of builds of all tools that may run at once. Undefined when the cluster's capacity is not limited. */
  slots: number | undefined;
  now: Date;
};

const statuses: readonly BuildStatus[] = [
  'BUILD_PENDING',
  'BUILD_RUNNING',
  'BUILD_SUCCESS',
  'BUILD_FAILURE',
  'BUILD_CANCELLED',
  'BUILD_TIMEOUT',
  'BUILD_UNKNOWN',
];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const statusesOf = ({ state }: LedgerView, runs: MetricsInput['runs']): BuildStatus[] => {
  const running = state.running.map(({ id }): BuildStatus => {
    const run = runs.get(id);
    return run ? statusOf(run) : 'BUILD_PENDING';
  });
  return [...running, ...[...state.queued, ...state.finished].map(({ status }) => status)];
};

const countByStatus = ({ ledgers, runs }: MetricsInput): Sample[] => {
  const counts = new Map<BuildStatus, number>(statuses.map((status) => [status, 0]));
  for (const view of ledgers.values())
    for (const status of statusesOf(view, runs)) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, value]) => ({ labels: { status }, value }));
};

/** Returns the age of the oldest time in seconds. 0 where there is none. */
const oldestAge = (times: readonly string[], now: Date): number =>
  times.reduce((oldest, time) => Math.max(oldest, (now.getTime() - Date.parse(time)) / 1000), 0);

/** Returns when the builds ended whose logs are still being archived. */
const unarchivedEnds = (states: readonly LedgerView['state'][]): string[] =>
  states.flatMap(({ finished }) =>
    finished.flatMap(({ log, finishedAt }) => (log === 'live' ? (finishedAt ?? []) : [])),
  );

/** Time for which builds without an event count after their end, in milliseconds: 1 hour. */
const withoutEventMs = 60 * 60 * 1000;

/** Returns the number of builds that have ended lately, and about which no event has come. */
const countWithoutEvent = (states: readonly LedgerView['state'][], now: Date): number => {
  const hasJustEnded = (finishedAt = ''): boolean => now.getTime() - Date.parse(finishedAt) < withoutEventMs;
  return sum(
    states.map(({ finished }) => finished.filter((build) => build.event && hasJustEnded(build.finishedAt)).length),
  );
};

const single = (value: number): Sample[] => [{ value }];

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name: `toolforge_builds${name}`,
  type: 'gauge',
  help,
  samples,
});

/**
 * Returns the metrics that have one value for each tool. Tools without running or queued builds are left out, because
 * Toolforge has thousands of tools.
 */
const toolMetrics = ({ ledgers }: MetricsInput): Metric[] => {
  const busy = [...ledgers].filter(([, { state }]) => state.running.length + state.queued.length > 0);
  const samples = (value: (view: LedgerView) => number): Sample[] =>
    busy.map(([tool, view]) => ({ labels: { tool }, value: value(view) }));
  const running = samples(({ state }) => state.running.length);
  const queued = samples(({ state }) => state.queued.length);
  const limit = samples(({ limits }) => limits.running);
  return [
    gauge('_tool_running', 'Builds of a tool that run.', running),
    gauge('_tool_queued', 'Builds of a tool that wait.', queued),
    gauge('_tool_limit', 'Builds of a tool that may run at once.', limit),
  ];
};

const sweepMetrics = ({ counts }: CapacityState): Metric[] => [
  {
    name: 'toolforge_builds_sweep_mended_total',
    type: 'counter',
    help: 'Differences that sweep found and corrected.',
    samples: Object.entries(counts.mended).map(([what, value]) => ({ labels: { what }, value })),
  },
  {
    name: 'toolforge_builds_dead_letters_total',
    type: 'counter',
    help: 'Events that could not be delivered.',
    samples: single(counts.deadLetters),
  },
];

const buildMetrics = (input: MetricsInput): Metric[] => {
  const states = [...input.ledgers.values()].map(({ state }) => state);
  const running = sum(states.map((state) => state.running.length));
  const waiting = states.flatMap((state) => state.queued.map(({ acceptedAt }) => acceptedAt));
  return [
    gauge('', 'Builds that are known, by status.', countByStatus(input)),
    gauge('_running', 'Builds that hold a slot of their tool.', single(running)),
    gauge('_queued', 'Builds that wait.', single(waiting.length)),
    gauge('_oldest_wait_seconds', 'Age of the oldest build that waits.', single(oldestAge(waiting, input.now))),
    gauge(
      '_archive_lag_seconds',
      'Time since the oldest end of a build whose log is not archived yet.',
      single(oldestAge(unarchivedEnds(states), input.now)),
    ),
    gauge(
      '_without_event',
      'Builds that ended in the last hour, and about which no event of Tekton has come.',
      single(countWithoutEvent(states, input.now)),
    ),
  ];
};

const slotMetrics = ({ slots, capacity }: MetricsInput): Metric[] => {
  if (slots === undefined) return [];
  return [
    gauge('_slots', 'Builds of all tools that may run at once.', single(slots)),
    gauge('_slots_taken', 'Slots that builds hold.', single(capacity.claims.length)),
  ];
};

/**
 * Returns the metrics of the service. The metrics follow from the given state alone: no process counts in memory.
 * @param showsTools whether the metrics of single tools are among them, which name the tools
 */
export const metricsOf = (input: MetricsInput, showsTools: boolean): Metric[] => [
  ...buildMetrics(input),
  ...slotMetrics(input),
  ...(showsTools ? toolMetrics(input) : []),
  ...sweepMetrics(input.capacity),
];
