import type { Status } from '../../openapi/generated/types.ts';
import type { CapacityState } from '../capacity/types.ts';
import type { LedgerView } from '../ledger/store.ts';
import { statusOf } from '../tekton/status.ts';
import type { PipelineRun } from '../tekton/types.ts';
import type { Metric, Sample } from './format.ts';

/** All that is known of all builds at one moment. */
export type MetricsInput = {
  ledgers: ReadonlyMap<string, LedgerView>;
  runs: ReadonlyMap<string, PipelineRun>;
  capacity: CapacityState;
  /** undefined where no capacity is set. */
  slots: number | undefined;
  now: Date;
};

const statuses: readonly Status[] = [
  'BUILD_PENDING',
  'BUILD_RUNNING',
  'BUILD_SUCCESS',
  'BUILD_FAILURE',
  'BUILD_CANCELLED',
  'BUILD_TIMEOUT',
  'BUILD_UNKNOWN',
];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const byStatus = ({ ledgers, runs }: MetricsInput): Sample[] => {
  const counts = new Map<Status, number>(statuses.map((status) => [status, 0]));
  const add = (status: Status) => counts.set(status, (counts.get(status) ?? 0) + 1);
  for (const { state } of ledgers.values()) {
    for (const { status } of [...state.queued, ...state.finished]) add(status);
    for (const { id } of state.running) {
      const run = runs.get(id);
      add(run ? statusOf(run) : 'BUILD_PENDING');
    }
  }
  return [...counts].map(([status, value]) => ({ labels: { status }, value }));
};

const oldestWait = ({ ledgers, now }: MetricsInput): number => {
  const since = [...ledgers.values()].flatMap(({ state }) =>
    state.queued.map(({ acceptedAt }) => Date.parse(acceptedAt)),
  );
  return since.reduce((longest, at) => Math.max(longest, (now.getTime() - at) / 1000), 0);
};

const one = (value: number): Sample[] => [{ value }];

const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
  name: `toolforge_builds${name}`,
  type: 'gauge',
  help,
  samples,
});

/** Idle tools are left out: there are thousands. */
const ofTools = ({ ledgers }: MetricsInput): Metric[] => {
  const busy = [...ledgers].filter(([, { state }]) => state.running.length + state.queued.length > 0);
  const each = (value: (view: LedgerView) => number): Sample[] =>
    busy.map(([tool, view]) => ({ labels: { tool }, value: value(view) }));
  return [
    gauge(
      '_tool_running',
      'Builds of a tool that run.',
      each(({ state }) => state.running.length),
    ),
    gauge(
      '_tool_queued',
      'Builds of a tool that wait.',
      each(({ state }) => state.queued.length),
    ),
    gauge(
      '_tool_limit',
      'Builds of a tool that may run at once.',
      each(({ limits }) => limits.running),
    ),
  ];
};

const ofSweep = ({ counts }: CapacityState): Metric[] => [
  {
    name: 'toolforge_builds_sweep_mended_total',
    type: 'counter',
    help: 'What sweep found undone and did.',
    samples: Object.entries(counts.mended).map(([what, value]) => ({ labels: { what }, value })),
  },
  {
    name: 'toolforge_builds_dead_letters_total',
    type: 'counter',
    help: 'Events that could not be delivered.',
    samples: one(counts.deadLetters),
  },
];

/** The service's metrics. Pure; nothing is counted in memory. */
export const metricsOf = (truth: MetricsInput): Metric[] => {
  const states = [...truth.ledgers.values()].map(({ state }) => state);
  const { capacity, slots } = truth;
  return [
    gauge('', 'Builds that are known, by status.', byStatus(truth)),
    gauge('_running', 'Builds that hold a slot of their tool.', one(sum(states.map(({ running }) => running.length)))),
    gauge('_queued', 'Builds that wait.', one(sum(states.map(({ queued }) => queued.length)))),
    gauge(
      '_oldest_wait_seconds',
      'How long the build that came first of all that wait has waited.',
      one(oldestWait(truth)),
    ),
    gauge('_slots', 'Builds of all tools that may run at once.', slots === undefined ? [] : one(slots)),
    gauge('_slots_taken', 'Slots that builds hold.', slots === undefined ? [] : one(capacity.claims.length)),
    ...ofTools(truth),
    ...ofSweep(capacity),
  ];
};
