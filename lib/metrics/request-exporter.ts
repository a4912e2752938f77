import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsType } from './format.ts';
import { RequestMetrics } from './requests.ts';

export type RequestExporter = { logPort: number; metricsPort: number; close: () => Promise<void> };

/**
 * Serves metrics of the gateway's requests at /metrics. The gateway's nginx sends a line for each request by syslog.
 * @param logPort UDP port for these lines, on the loopback address only: a container of the same pod sends them
 * @param metricsPort TCP port of /metrics
 */
export const exportRequestMetrics = async (logPort: number, metricsPort: number): Promise<RequestExporter> => {
  const metrics = new RequestMetrics();
  const lines = createSocket('udp4', (message) => metrics.record(message.toString())).bind(logPort, '127.0.0.1');
  const server = createServer(async (req, res) => {
    if (req.url !== '/metrics') return void res.writeHead(404).end();
    res.writeHead(200, { 'content-type': metricsType }).end(await metrics.text());
  }).listen(metricsPort);
  await Promise.all([once(lines, 'listening'), once(server, 'listening')]);
  return {
    logPort: lines.address().port,
    metricsPort: (server.address() as AddressInfo).port,
    close: async () => {
      lines.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
