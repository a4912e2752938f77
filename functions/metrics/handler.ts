import { unlessAborted } from '../../lib/abort.ts';
import type { MayReadTools } from '../../lib/auth/metrics-tokens.ts';
import type { Capacity } from '../../lib/capacity/store.ts';
import { forEachParallel } from '../../lib/concurrency.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ReadKube } from '../../lib/kube/client.ts';
import { ifFound } from '../../lib/kube/kube-error.ts';
import type { Ledger } from '../../lib/ledger/store.ts';
import { formatMetrics, metricsType } from '../../lib/metrics/format.ts';
import { type MetricsInput, metricsOf } from '../../lib/metrics/metrics.ts';
import { addLedger, emptyTotals } from '../../lib/metrics/totals.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import { statusOf } from '../../lib/tekton/status.ts';
import type { PipelineRun } from '../../lib/tekton/types.ts';
import type { BuildStatus } from '../../openapi/generated/types.ts';

export type MetricsOptions = {
  kube: ReadKube;
  ledger: Pick<Ledger, 'scan'>;
  capacity: Pick<Capacity, 'slots' | 'read'>;
  now: () => Date;
  mayReadTools: MayReadTools;
};

/**
 * Number of running builds up to which their runs are read one by one. For more builds one list is cheaper, although it
 * has the runs of finished builds as well, which may be kept.
 */
const maxSingleReads = 100;

/** Number of runs that are read at once. */
const parallelReads = 10;

/** Returns the status of a run. A run that cannot be read must not end the metrics of all others. */
const readableStatusOf = (run: PipelineRun): BuildStatus => {
  try {
    return statusOf(run);
  } catch {
    return 'BUILD_UNKNOWN';
  }
};

/** Reads the statuses of running builds from their runs, by the build's id. */
const readStatuses = async (kube: ReadKube, ids: readonly string[]): Promise<ReadonlyMap<string, BuildStatus>> => {
  const statuses = new Map<string, BuildStatus>();
  if (ids.length > maxSingleReads) {
    const running = new Set(ids);
    await kube.scan<PipelineRun>('pipelineruns', (run) => {
      if (running.has(run.metadata.name)) statuses.set(run.metadata.name, readableStatusOf(run));
    });
    return statuses;
  }
  await forEachParallel(ids, parallelReads, async (id) => {
    const run = await ifFound(kube.get<PipelineRun>('pipelineruns', id));
    if (run) statuses.set(id, readableStatusOf(run));
  });
  return statuses;
};

const readInput = async ({ kube, ledger, capacity, now }: MetricsOptions): Promise<MetricsInput> => {
  const totals = emptyTotals();
  const at = now();
  const [state] = await Promise.all([capacity.read(), ledger.scan((tool, view) => addLedger(totals, tool, view, at))]);
  return { totals, statuses: await readStatuses(kube, totals.running), capacity: state, slots: capacity.slots };
};

const responseHeaders = {
  'content-type': metricsType,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/**
 * Makes the handler of metrics, which reads all ledgers for each request, one at a time. All instances return the same
 * metrics. Requests that come at once share one reading: anybody may send them, and a reading takes the longer the
 * larger all ledgers are.
 */
export const createMetrics = (options: MetricsOptions): Handler => {
  const singleFlight = createSingleFlight<MetricsInput>();
  return async ({ headers, signal }) => {
    const showsTools = await options.mayReadTools(headers);
    const input = await unlessAborted(
      singleFlight('', () => readInput(options)),
      signal,
    );
    const text = formatMetrics(metricsOf(input, showsTools));
    return {
      stream: async (res) => {
        res.writeHead(200, responseHeaders).end(text);
      },
    };
  };
};
