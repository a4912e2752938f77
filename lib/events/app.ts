import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import type { SettingName } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import { bodyTimeoutMs, readBody } from '../http/body.ts';
import { sendJson, toApiError } from '../http/respond.ts';
import type { Listener } from '../http/types.ts';
import type { App, Closable, Wire } from '../http/wiring.ts';
import type { Log } from '../log.ts';

/**
 * Limit for the body of a CloudEvent, in bytes. An event holds one Kubernetes object, and etcd stores no larger object.
 */
const maxEventBytes = 2 * 1024 * 1024;

export type EventAppOptions = {
  /** Checks who sends an event. @throws ApiError 401 or 403 for a sender that may not send events */
  authenticate: (headers: IncomingHttpHeaders) => Promise<unknown>;
  /** Handles an event. The function must be safe to run twice for the same event, and for an old event. */
  handle: (event: CloudEvent<unknown>) => Promise<void>;
  log: Log;
  /** Time limit for a sender to send an event, in milliseconds. Default ten seconds. */
  bodyTimeoutMs?: number;
};

const invalidEvent = (cause: unknown): ApiError =>
  new ApiError(400, 'body_invalid', 'This is not a valid CloudEvent 1.0 in the HTTP binding.', { cause });

/**
 * Parses a CloudEvent in the binary or structured mode of the HTTP binding.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
const parseEvent = (req: IncomingMessage, body: Buffer): CloudEvent<unknown> => {
  try {
    const message = { headers: req.headers, body: body.toString('utf8') } as unknown as Message;
    const event = HTTP.toEvent<unknown>(message);
    if (Array.isArray(event)) throw new Error('a batch of events is not supported');
    // Versions of CloudEvents other than 1.0 are refused here, because the package cloudevents does not validate such
    // events.
    if (event.specversion !== '1.0') throw new Error(`version ${event.specversion} is not supported`);
    return new CloudEvent<unknown>({ ...event });
  } catch (error) {
    throw invalidEvent(error);
  }
};

const temporaryStatuses = new Set([408, 409, 429]);

const isTemporary = ({ status }: ApiError): boolean => status >= 500 || temporaryStatuses.has(status);

const receive = async (req: IncomingMessage, res: ServerResponse, options: EventAppOptions): Promise<void> => {
  if (req.method !== 'POST')
    throw new ApiError(405, 'method_not_allowed', 'Events are sent by POST.', { headers: { allow: 'POST' } });
  await options.authenticate(req.headers);
  const limits = { maxBytes: maxEventBytes, timeoutMs: options.bodyTimeoutMs ?? bodyTimeoutMs };
  await options.handle(parseEvent(req, await readBody(req, res, limits)));
};

const refuse = (req: IncomingMessage, res: ServerResponse, thrown: unknown, log: Log): void => {
  if (res.destroyed && !req.complete) {
    log('INFO', 'the sender of an event went away');
    return;
  }
  const error = toApiError(thrown);
  const willBeSentAgain = isTemporary(error);
  log(willBeSentAgain ? 'WARNING' : 'ERROR', 'an event was not handled', {
    type: req.headers['ce-type'],
    subject: req.headers['ce-subject'],
    code: error.code,
    error: error.cause ?? error,
  });
  const status = willBeSentAgain ? 503 : error.status;
  sendJson(res, status, { error: [error.message], code: error.code }, error.headers);
};

/**
 * Makes the HTTP listener of an event function. The listener responds with 204 for an event that is handled, also when
 * the event was handled before; with 4xx for an event that can never be handled; and with 503 for an event that the
 * sender shall send again. 503 is the only status after which both Tekton and Knative send an event again.
 */
export const createEventApp =
  (options: EventAppOptions): Listener =>
  (req, res) =>
    void receive(req, res, options).then(
      () => res.writeHead(204).end(),
      (error: unknown) => refuse(req, res, error, options.log),
    );

/** Result of `wire` in the wire.ts of an event function: the function's handler and authentication. */
export type WiredEventFunction = Pick<EventAppOptions, 'authenticate' | 'handle'> & Closable;

/** Type of the function `wire` that each events/NAME/wire.ts exports. */
export type EventWire<N extends readonly SettingName[]> = Wire<N, WiredEventFunction>;

/** App of all event functions, which receive CloudEvents by HTTP. lib/http/serve.ts runs the app. */
export const eventApp: App<WiredEventFunction> = { createListener: createEventApp };
