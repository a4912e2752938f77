import { Counter, Histogram, Registry } from 'prom-client';

/** Fields of a line that the gateway's nginx writes about a request, separated by tabs (nginx.conf, log_format). */
const lineFields = 6;

/** Methods of HTTP. A client chooses the method, and each value of a label costs memory. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

type RequestLine = {
  labels: { operation: string; method: string; code: string };
  seconds: number;
  requestBytes: number;
  responseBytes: number;
};

/**
 * Parses a line about a request. The line follows a header of syslog, such as `<190>Nov 28 05:00:00 nginx: `.
 * @returns undefined for other text
 */
const parseLine = (message: string): RequestLine | undefined => {
  const fields = message.slice(message.indexOf(': ') + 2).split('\t');
  const [operation = '', method = '', code = '', ...numbers] = fields;
  const [seconds = Number.NaN, requestBytes = Number.NaN, responseBytes = Number.NaN] = numbers.map(Number);
  const isLine = fields.length === lineFields && /^[a-z-]*$/.test(operation) && /^[1-5][0-9]{2}$/.test(code);
  if (!isLine || ![seconds, requestBytes, responseBytes].every((number) => number >= 0)) return undefined;
  const labels = { operation, method: methods.has(method) ? method : 'other', code };
  return { labels, seconds, requestBytes, responseBytes };
};

/** Upper limits of the buckets for a request's duration, in seconds. A client may follow a log for ten minutes. */
const durationBuckets = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600];

/** Upper limits of the buckets for sizes, in bytes: from 256 bytes to 1 GiB. */
const sizeBuckets = Array.from({ length: 12 }, (_, at) => 256 * 4 ** at);

/**
 * Counts the gateway's requests by operation, method and code. The names are those of builds-api 2, so that its
 * dashboards and alerts find them. The label `operation` is an operationId of openapi.yaml, and empty for other paths.
 */
export class RequestMetrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({ ...this.#metric('requests_total', 'Requests.') });
  readonly #durations = new Histogram({
    ...this.#metric(
      'request_duration_seconds',
      'Time from the first byte of a request to the last byte of its response.',
    ),
    buckets: durationBuckets,
  });
  readonly #requestBytes = new Histogram({
    ...this.#metric('request_size_bytes', 'Sizes of requests, with their headers.'),
    buckets: sizeBuckets,
  });
  readonly #responseBytes = new Histogram({
    ...this.#metric('response_size_bytes', 'Sizes of responses, with their headers.'),
    buckets: sizeBuckets,
  });

  #metric(name: string, help: string) {
    const labelNames = ['operation', 'method', 'code'] as const;
    return { name: `builds_api_${name}`, help, labelNames, registers: [this.#registry] };
  }

  /** Counts the request of a line. Other text is ignored. */
  record(message: string): void {
    const line = parseLine(message);
    if (!line) return;
    this.#requests.inc(line.labels);
    this.#durations.observe(line.labels, line.seconds);
    this.#requestBytes.observe(line.labels, line.requestBytes);
    this.#responseBytes.observe(line.labels, line.responseBytes);
  }

  /** Returns the metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
