import { unlessAborted } from '../../lib/abort.ts';
import type { MayReadTools } from '../../lib/auth/metrics-tokens.ts';
import type { Capacity } from '../../lib/capacity/store.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ReadKube } from '../../lib/kube/client.ts';
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

const readInput = async ({ kube, ledger, capacity, now }: MetricsOptions): Promise<MetricsInput> => {
  const [ledgers, runs, state] = await Promise.all([
    ledger.all(),
    kube.list<PipelineRun>('pipelineruns'),
    capacity.read(),
  ]);
  const runsById = new Map(runs.items.map((run) => [run.metadata.name, run]));
  return { ledgers, runs: runsById, capacity: state, slots: capacity.slots, now: now() };
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
