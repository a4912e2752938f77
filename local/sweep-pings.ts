import { CloudEvent } from 'cloudevents';
import type { Log } from '../lib/log.ts';

const postEvent = async (url: string, token: string, type: string): Promise<void> => {
  const event = new CloudEvent({ type, source: '/local/ping' });
  const headers = { 'content-type': 'application/cloudevents+json', authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(event) });
  if (!response.ok) throw new Error(`sweep responded with status ${response.status}`);
};

export type SweepPings = { url: string; token: () => Promise<string>; everyMs: number; log: Log };

/**
 * Calls the function sweep at once and then every `everyMs` milliseconds, as a PingSource does on a cluster.
 * @returns the timer of the calls
 */
export const startSweepPings = async ({ url, token, everyMs, log }: SweepPings): Promise<NodeJS.Timeout> => {
  const ping = (): Promise<void> =>
    token()
      .then((signed) => postEvent(url, signed, 'dev.knative.sources.ping'))
      .catch((error: unknown) => log('WARNING', 'sweep was not reached', { error }));
  const timer = setInterval(() => void ping(), everyMs).unref();
  await ping();
  return timer;
};
