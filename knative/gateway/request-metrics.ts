/** Program of the gateway's second container, which counts the requests that nginx tells it about. */
import { exportRequestMetrics } from '../../lib/metrics/request-exporter.ts';

/** Ports of nginx.conf, and of the scrape configuration in docs/deploy.md. */
const exporter = await exportRequestMetrics(9001, 9000);
process.once('SIGTERM', () => void exporter.close());
