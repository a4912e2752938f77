import type { IncomingHttpHeaders } from 'node:http';
import { type CloudEvent, HTTP } from 'cloudevents';
import { ApiError } from '../lib/errors.ts';
import { createEventApp } from '../lib/events/app.ts';
import type { Listener } from '../lib/http/types.ts';
import type { Log } from '../lib/log.ts';
import { exponentialBackoff, retry } from '../lib/retry.ts';
import { isOneOf } from '../lib/secret-check.ts';

/** A Trigger of the broker: events of these types go to one function, which is at `url`. */
export type Trigger = { name: string; types: readonly string[]; url: string };

export type BrokerOptions = {
  triggers: readonly Trigger[];
  /** Returns the token that the broker sends with an event. @param audience name of the function that gets the event */
  token: (audience: string) => Promise<string>;
  /** Bearer token that every event for the broker must carry. */
  accepted: string;
  log: Log;
  signal: AbortSignal;
};

const temporaryStatuses = new Set([404, 408, 409, 429]);

/** Knative's defaults for a Trigger without `delivery` settings: 10 retries, whose delay starts at 0.2 s and doubles. */
const attempts = 11;
const delayMs = exponentialBackoff({ firstMs: 200 });

/** Thrown when a function does not accept an event from the broker. */
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

/** Makes the check of the token of events for the broker. The check throws ApiError 401 for another token. */
const createAuthenticate = (accepted: string) => {
  return async ({ authorization = '' }: IncomingHttpHeaders): Promise<void> => {
    if (isOneOf(authorization, [`Bearer ${accepted}`])) return;
    throw new ApiError(
      401,
      'unauthenticated',
      "Only the functions send events to the broker, with the broker's token.",
    );
  };
};

/**
 * Makes the HTTP handler of a Knative broker, which delivers each event to every trigger whose filter fits. A delivery
 * is retried while the status of the function's response allows a retry; then the event is logged as a dead letter. The
 * sender of an event gets the broker's response when all deliveries of the event have ended.
 */
export const createBroker = ({ triggers, token, accepted, log, signal }: BrokerOptions): Listener => {
  const send = async (trigger: Trigger, event: CloudEvent<unknown>): Promise<number> => {
    const { headers, body } = HTTP.binary(event);
    const authorization = `Bearer ${await token(trigger.name)}`;
    const sent = { ...(headers as Record<string, string>), authorization };
    const response = await fetch(trigger.url, { method: 'POST', headers: sent, body: body as string, signal });
    await response.arrayBuffer();
    return response.status;
  };

  /**
   * Sends an event to a function once.
   * @throws DeliveryError when the function does not accept the event; a broken connection counts as status 503
   */
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

  return createEventApp({ authenticate: createAuthenticate(accepted), handle, log });
};
