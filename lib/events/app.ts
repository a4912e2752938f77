import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import type { SettingName } from '../config/settings.ts';
import { ApiError } from '../errors.ts';
import { readBody } from '../http/body.ts';
import { sendJson, toApiError } from '../http/respond.ts';
import type { Listener } from '../http/types.ts';
import type { App, Closable, Wire } from '../http/wiring.ts';
import type { Log } from '../log.ts';

/** etcd takes no larger object, and an event holds one. */
export const maxEventBytes = 2 * 1024 * 1024;

export type EventAppOptions = {
  /** Who may send events; @throws ApiError 401 */
  authenticate: (headers: IncomingHttpHeaders) => Promise<unknown>;
  /** Must be able to run twice for the same event, and for an old one. */
  handle: (event: CloudEvent<unknown>) => Promise<void>;
  log: Log;
};

const poison = (cause: unknown): ApiError =>
  new ApiError(400, 'body_invalid', 'This is not a valid CloudEvent 1.0 in the HTTP binding.', { cause });

/**
 * Binary and structured mode.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
const parse = (req: IncomingMessage, body: Buffer): CloudEvent<unknown> => {
  try {
    const message = { headers: req.headers, body: body.toString('utf8') } as unknown as Message;
    const event = HTTP.toEvent<unknown>(message);
    if (Array.isArray(event)) throw new Error('batches are not taken');
    // The library checks an event of another version against nothing.
    if (event.specversion !== '1.0') throw new Error(`version ${event.specversion} is not taken`);
    return new CloudEvent<unknown>({ ...event });
  } catch (error) {
    throw poison(error);
  }
};

const isAskAgain = ({ status }: ApiError): boolean => status >= 500 || status === 429 || status === 409;

/**
 * The HTTP side of an event function. 204 for done, or already done; 4xx for an event that will never do; 503 for one
 * to be sent again, the only status that both Tekton and Knative repeat.
 */
export const createEventApp = ({ authenticate, handle, log }: EventAppOptions): Listener => {
  const take = async (req: IncomingMessage): Promise<void> => {
    if (req.method !== 'POST')
      throw new ApiError(405, 'method_not_allowed', 'Events are sent by POST.', { headers: { allow: 'POST' } });
    await authenticate(req.headers);
    await handle(parse(req, await readBody(req, maxEventBytes)));
  };

  const refuse = (req: IncomingMessage, res: ServerResponse, thrown: unknown): void => {
    const error = toApiError(thrown);
    const fields = { type: req.headers['ce-type'], subject: req.headers['ce-subject'], code: error.code };
    log(isAskAgain(error) ? 'WARNING' : 'ERROR', 'an event was not handled', {
      ...fields,
      error: error.cause ?? error,
    });
    const status = isAskAgain(error) ? 503 : error.status;
    sendJson(res, status, { error: [error.message], code: error.code }, error.headers);
  };

  return (req, res) =>
    void take(req).then(
      () => res.writeHead(204).end(),
      (error: unknown) => refuse(req, res, error),
    );
};

/** What `wire.ts` of an event function makes. */
export type WiredEventFunction = Omit<EventAppOptions, 'log'> & Closable;

/** The type of `wire` in events/NAME/wire.ts. */
export type EventWire<N extends readonly SettingName[]> = Wire<N, WiredEventFunction>;

/** Serves CloudEvents. */
export const app: App<WiredEventFunction> = { createListener: createEventApp, maxBodyBytes: maxEventBytes };
