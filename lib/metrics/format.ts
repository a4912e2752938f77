/** One value of a metric, with the labels that tell it from the metric's other values. */
export type Sample = { labels?: Record<string, string>; value: number };
export type Metric = { name: string; type: 'gauge' | 'counter'; help: string; samples: readonly Sample[] };

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

const formatLabels = (labels: Record<string, string> = {}): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
};

const formatMetric = ({ name, type, help, samples }: Metric): string => {
  const lines = samples.map(({ labels, value }) => `${name}${formatLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
};

/** The media type of Prometheus' text format. */
export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Formats metrics in Prometheus' text format. A metric without samples is left out. prom-client, which counts the
 * gateway's requests (requests.ts), is not used here: it loads its default metrics too, which takes twenty times as long
 * as loading this file, and the function metrics starts when somebody calls it. Its smaller modules are no public API.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export const formatMetrics = (metrics: readonly Metric[]): string =>
  metrics
    .filter(({ samples }) => samples.length > 0)
    .map(formatMetric)
    .join('');
