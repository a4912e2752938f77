import type { Capacity } from '../../lib/capacity/store.ts';
import type { Handler } from '../../lib/http/types.ts';
import type { ReadKube } from '../../lib/kube/client.ts';
import type { Ledger } from '../../lib/ledger/store.ts';
import { formatMetrics, metricsType } from '../../lib/metrics/format.ts';
import { type MetricsInput, metricsOf } from '../../lib/metrics/metrics.ts';
import type { PipelineRun } from '../../lib/tekton/types.ts';

export type MetricsOptions = {
  kube: ReadKube;
  ledger: Pick<Ledger, 'all'>;
  capacity: Pick<Capacity, 'slots' | 'read'>;
  now: () => Date;
};

const readInput = async (
  { kube, ledger, capacity, now }: MetricsOptions,
  signal: AbortSignal,
): Promise<MetricsInput> => {
  const [ledgers, runs, state] = await Promise.all([
    ledger.all(signal),
    kube.list<PipelineRun>('pipelineruns', { signal }),
    capacity.read(signal),
  ]);
  const runsById = new Map(runs.items.map((run) => [run.metadata.name, run]));
  return { ledgers, runs: runsById, capacity: state, slots: capacity.slots, now: now() };
};

/** Makes the handler of metrics, which reads all ledgers for each request. All instances return the same metrics. */
export const createMetrics =
  (options: MetricsOptions): Handler =>
  async ({ signal }) => {
    const text = formatMetrics(metricsOf(await readInput(options, signal)));
    const headers = { 'content-type': metricsType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    return {
      stream: async (res) => {
        res.writeHead(200, headers).end(text);
      },
    };
  };
