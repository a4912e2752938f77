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
import { createSingleFlight } from '../../lib/single-flight.ts';
import type { PipelineRun } from '../../lib/tekton/types.ts';

export type MetricsOptions = {
  kube: ReadKube;
  ledger: Pick<Ledger, 'all'>;
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

/** Reads the runs of running builds, by the build's id. */
const readRuns = async (kube: ReadKube, ids: readonly string[]): Promise<ReadonlyMap<string, PipelineRun>> => {
  if (ids.length > maxSingleReads) {
    const { items } = await kube.list<PipelineRun>('pipelineruns');
    return new Map(items.map((run) => [run.metadata.name, run]));
  }
  const runs = new Map<string, PipelineRun>();
  await forEachParallel(ids, parallelReads, async (id) => {
    const run = await ifFound(kube.get<PipelineRun>('pipelineruns', id));
    if (run) runs.set(id, run);
  });
  return runs;
};

const readInput = async ({ kube, ledger, capacity, now }: MetricsOptions): Promise<MetricsInput> => {
  const [ledgers, state] = await Promise.all([ledger.all(), capacity.read()]);
  const running = [...ledgers.values()].flatMap((view) => view.state.running.map(({ id }) => id));
  const runs = await readRuns(kube, running);
  return { ledgers, runs, capacity: state, slots: capacity.slots, now: now() };
};

const responseHeaders = {
  'content-type': metricsType,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/**
 * Makes the handler of metrics, which reads all ledgers for each request. All instances return the same metrics.
 * Requests that come at once share one reading: anybody may send them, and a reading costs as much as all ledgers are
 * large.
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
