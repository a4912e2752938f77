import type { BuildStatus } from '../../openapi/generated/types.ts';
import type { CapacityState } from '../capacity/types.ts';
import type { Metric, Sample } from './format.ts';
import type { BusyTool, LedgerTotals } from './totals.ts';

/** State of all builds at one moment, from which the metrics are computed. */
export type MetricsInput = {
  totals: LedgerTotals;
  /** Statuses of running builds by their runs, by the build's id. A running build without a status is pending. */
  statuses: ReadonlyMap<string, BuildStatus>;
  capacity: CapacityState;
  /** Number of builds of all tools that may run at once. Undefined when the cluster's capacity is not limited. */
  slots: number | undefined;
};

const allStatuses: readonly BuildStatus[] = [
  'BUILD_PENDING',
  'BUILD_RUNNING',
  'BUILD_SUCCESS',
  'BUILD_FAILURE',
  'BUILD_CANCELLED',
  'BUILD_TIMEOUT',
  'BUILD_UNKNOWN',
];

const countByStatus = ({ totals, statuses }: MetricsInput): Sample[] => {
  const counts = new Map<BuildStatus, number>(allStatuses.map((status) => [status, totals.byStatus.get(status) ?? 0]));
  for (const id of totals.running) {
    const status = statuses.get(id) ?? 'BUILD_PENDING';
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return [...counts].map(([status, value]) => ({ labels: { status }, value }));
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
const toolMetrics = ({ totals }: MetricsInput): Metric[] => {
  const samples = (value: (tool: BusyTool) => number): Sample[] =>
    totals.busy.map((busy) => ({ labels: { tool: busy.tool }, value: value(busy) }));
  return [
    gauge(
      '_tool_running',
      'Builds of a tool that run.',
      samples(({ running }) => running),
    ),
    gauge(
      '_tool_queued',
      'Builds of a tool that wait.',
      samples(({ queued }) => queued),
    ),
    gauge(
      '_tool_limit',
      'Builds of a tool that may run at once.',
      samples(({ limit }) => limit),
    ),
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
  const { running, queued, oldestWait, archiveLag, withoutEvent, unreadable } = input.totals;
  return [
    gauge('', 'Builds that are known, by status.', countByStatus(input)),
    gauge('_running', 'Builds that hold a slot of their tool.', single(running.length)),
    gauge('_queued', 'Builds that wait.', single(queued)),
    gauge('_oldest_wait_seconds', 'Age of the oldest build that waits.', single(oldestWait)),
    gauge(
      '_archive_lag_seconds',
      'Time since the oldest end of a build whose log is not archived yet.',
      single(archiveLag),
    ),
    gauge(
      '_without_event',
      'Builds that ended in the last hour, and about which no event of Tekton has come.',
      single(withoutEvent),
    ),
    gauge(
      '_unreadable_ledgers',
      'Ledgers that cannot be read. Their builds are missing in all other metrics, and sweep logs their tools.',
      single(unreadable),
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
