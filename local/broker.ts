import { type CloudEvent, HTTP } from 'cloudevents';
import { createEventApp } from '../lib/events/app.ts';
import type { Listener } from '../lib/http/types.ts';
import type { Log } from '../lib/log.ts';
import { exponentialBackoff, retry } from '../lib/retry.ts';

/** A Trigger of the broker: the types of events that go to one function. */
export type Trigger = { name: string; types: readonly string[]; url: string };

export type BrokerOptions = {
  triggers: readonly Trigger[];
  /** Returns the token of a delivery. @param audience name of the function */
  token: (audience: string) => Promise<string>;
  log: Log;
  signal: AbortSignal;
};

const temporaryStatuses = new Set([404, 408, 409, 429]);

/** Knative's defaults for a Trigger without `delivery` settings: 10 retries, whose delay starts at 0.2 s and doubles. */
const attempts = 11;
const delayMs = exponentialBackoff({ firstMs: 200 });

/** A function did not accept an event. */
class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  readonly status: number;

  constructor(status: number) {
    super(`the function responds with ${status}`);
    this.status = status;
  }
}

const isTemporary = (error: unknown): boolean =>
  error instanceof DeliveryError && (error.status >= 500 || temporaryStatuses.has(error.status));

/**
 * The HTTP side of a Knative broker: takes events, and delivers each event to every trigger whose filter fits. A
 * delivery is retried while the response's status allows a retry; then the event is logged as a dead letter. The broker
 * answers its sender when every subscriber is done.
 */
export const createBroker = ({ triggers, token, log, signal }: BrokerOptions): Listener => {
  const send = async (trigger: Trigger, event: CloudEvent<unknown>): Promise<number> => {
    const { headers, body } = HTTP.binary(event);
    const authorization = `Bearer ${await token(trigger.name)}`;
    const sent = { ...(headers as Record<string, string>), authorization };
    const response = await fetch(trigger.url, { method: 'POST', headers: sent, body: body as string, signal });
    await response.arrayBuffer();
    return response.status;
  };

  /** @throws DeliveryError where the function does not accept the event; a broken connection counts as 503 */
  const post = async (trigger: Trigger, event: CloudEvent<unknown>): Promise<void> => {
    const status = await send(trigger, event).catch(() => 503);
    if (status >= 300) throw new DeliveryError(status);
  };

  const deliver = async (trigger: Trigger, event: CloudEvent<unknown>): Promise<void> => {
    try {
      await retry({ attempts, delayMs, isTemporary, signal }, () => post(trigger, event));
    } catch (error) {
      if (signal.aborted) return;
      const status = error instanceof DeliveryError ? error.status : undefined;
      log('ERROR', 'dead letter', { trigger: trigger.name, type: event.type, subject: event.subject, status });
    }
  };

  const handle = async (event: CloudEvent<unknown>): Promise<void> => {
    const fitting = triggers.filter(({ types }) => types.length === 0 || types.includes(event.type));
    await Promise.allSettled(fitting.map((trigger) => deliver(trigger, event)));
  };

  // Only the functions know the broker's address, so it asks for no credential.
  return createEventApp({ authenticate: async () => {}, handle, log });
};
