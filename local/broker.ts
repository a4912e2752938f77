import { setTimeout as sleep } from 'node:timers/promises';
import { type CloudEvent, HTTP } from 'cloudevents';
import type { Log } from '../lib/log.ts';

/** A Trigger: which events go to which function. */
export type Trigger = { name: string; types: readonly string[]; url: string };

export type BrokerOptions = {
  triggers: readonly Trigger[];
  /** The token of the delivery, for the audience of that function. */
  token: (audience: string) => Promise<string>;
  log: Log;
  signal: AbortSignal;
};

const retried = new Set([404, 408, 409, 429]);
const mayRetry = (status: number): boolean => status >= 500 || retried.has(status);

/** As Knative without `delivery` settings: 10 more tries, exponential from 0.2 s. */
const retries = 10;
const firstBackoffMs = 200;

/**
 * A Knative broker's delivery: to every trigger whose filter fits, again while the answer says so, else to the dead
 * letters, which are a line in the log. Resolves when every subscriber is done.
 */
export const createBroker = ({ triggers, token, log, signal }: BrokerOptions) => {
  const send = async (trigger: Trigger, event: CloudEvent<unknown>): Promise<number> => {
    const { headers, body } = HTTP.binary(event);
    const authorization = `Bearer ${await token(trigger.name)}`;
    const sent = { ...(headers as Record<string, string>), authorization };
    const response = await fetch(trigger.url, { method: 'POST', headers: sent, body: body as string, signal });
    await response.arrayBuffer();
    return response.status;
  };

  /** A connection that broke is as good as "ask me again". */
  const post = (trigger: Trigger, event: CloudEvent<unknown>): Promise<number> => send(trigger, event).catch(() => 503);

  const deliver = async (trigger: Trigger, event: CloudEvent<unknown>, tried = 0): Promise<void> => {
    const status = await post(trigger, event);
    if (status < 300 || signal.aborted) return;
    if (!mayRetry(status) || tried >= retries) {
      log('ERROR', 'dead letter', { trigger: trigger.name, type: event.type, subject: event.subject, status });
      return;
    }
    await sleep(firstBackoffMs * 2 ** tried, undefined, { signal });
    await deliver(trigger, event, tried + 1);
  };

  return async (event: CloudEvent<unknown>): Promise<void> => {
    const fitting = triggers.filter(({ types }) => types.length === 0 || types.includes(event.type));
    await Promise.allSettled(fitting.map((trigger) => deliver(trigger, event)));
  };
};
