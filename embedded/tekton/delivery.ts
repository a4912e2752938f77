import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from './context.ts';

/** A CloudEvent in the binary mode of HTTP, in which the event's attributes are headers. */
export type Message = { headers: Record<string, string>; body: string };

/** Returns the URL to which CloudEvents are posted now; undefined when the event is to be dropped. */
export type Sink = () => string | undefined;

const retriedStatuses = new Set([404, 413, 425, 429, 502, 503, 504]);
const maxTries = 11;
const attemptMs = 10_000;

/**
 * Posts a CloudEvent as Tekton's controller does. After a broken connection or a retryable status the event is sent
 * again, up to 11 tries in all. After any other status the event is not sent again.
 * @param retryMs delay before the second try in milliseconds; the delay doubles
 */
export const deliver = async (
  message: Message,
  sink: Sink,
  retryMs: number,
  signal: AbortSignal,
  log: Log,
): Promise<void> => {
  const title = `${message.headers['ce-type']} of ${message.headers['ce-subject']}`;
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const url = sink();
    if (url === undefined || signal.aborted) return;
    const status = await post(message, url, signal);
    if (status !== undefined && !retriedStatuses.has(status)) {
      if (status >= 300) log(`event ${title} was dropped: the sink responded with status ${status}`);
      return;
    }
    await pause(retryMs * 2 ** attempt, undefined, { signal }).catch(() => {});
  }
  if (!signal.aborted) log(`event ${title} was dropped after ${maxTries} tries`);
};

/** Posts a CloudEvent once. @returns the status of the response; undefined without a response */
const post = async ({ headers, body }: Message, url: string, signal: AbortSignal): Promise<number | undefined> => {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]);
    const response = await fetch(url, { method: 'POST', headers, body, signal: limit, redirect: 'manual' });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
};
