import { readBounded } from '../lib/bounded-body.ts';
import { exponentialBackoff, retry } from '../lib/retry.ts';
import { Failure } from './failure.ts';
import type { ApiRequest, ResponseStream, Send } from './http.ts';
import { mayRetry, networkFailure } from './network-errors.ts';
import { type ApiResponse, ResponseFailure, responseFailure } from './responses.ts';
import type { Retry } from './terminal.ts';

export type CallerOptions = {
  base: URL;
  send: Send;
  /** Called before the delay of each retry of a request. */
  onRetry: (retry: Retry) => void;
  sleep: (ms: number) => Promise<void>;
  /** Returns a random number from 0 up to, but not including, 1, for the jitter of the backoff. */
  random: () => number;
};

export type CallOptions = {
  /**
   * Whether sending a request twice has the same effect as once, so that it may be retried after a broken connection.
   */
  repeatable: boolean;
  /**
   * Whether a response with the status 200 is returned before its body is read, as for a log stream. Default: false.
   */
  stream?: boolean;
  /** Limit of attempts, the first one included. Default: 5. */
  attempts?: number | undefined;
  /** Called when an attempt begins, before its request is sent. */
  onAttempt?: (() => void) | undefined;
  /** Called when an attempt has failed. @param wasRefused whether the request certainly had no effect */
  onFailedAttempt?: ((wasRefused: boolean) => void) | undefined;
};

/**
 * Response to a request to the API: `response` holds the body as text, and `stream` is the body as a stream. The text
 * is empty when the caller reads the stream itself.
 */
export type CallResult = { stream: ResponseStream; response: ApiResponse };

const maxAttempts = 5;
/** Largest body of a response in bytes, except logs. A list of 1,000 builds has less than 4 MB. */
const maxBytes = 32 * 1024 * 1024;
/** Longest delay before a retry in milliseconds. A request is not retried when Retry-After asks for a longer delay. */
const maxWaitMs = 60_000;
/** First and longest delay between two attempts of a request or a log stream, in milliseconds. */
const backoffLimits = { firstMs: 250, maxMs: 10_000 };

/**
 * Returns the delay before the next attempt in milliseconds: up to 250 ms after the first failure, and twice as long
 * after each further one, up to 10 s. Half of the delay is fixed and half is random, so that clients do not retry in
 * step.
 */
export const backoffMs = (failures: number, random: () => number): number =>
  exponentialBackoff({ ...backoffLimits, jitter: 0.5, random })(failures);

/**
 * Returns the delay before a retry in milliseconds, which is never shorter than Retry-After asks for. Returns undefined
 * when Retry-After leads to a delay of more than one minute, so that the request is not retried.
 */
const delayFor = (failures: number, failure: Failure, random: () => number): number | undefined => {
  const seconds = failure instanceof ResponseFailure ? failure.retryAfterSeconds : undefined;
  if (seconds === undefined) return backoffMs(failures, random);
  const delay = seconds * 1000 + exponentialBackoff({ ...backoffLimits, jitter: 1, random })(failures);
  return delay > maxWaitMs ? undefined : delay;
};

/** Tells whether a request that failed may succeed when it is sent again. */
export const isTemporary = (failure: Failure, repeatable: boolean): boolean => {
  if (!(failure instanceof ResponseFailure)) return mayRetry(failure.cause, repeatable);
  const { status } = failure;
  // The API refuses a start with 409 while the tool's queue is full, and says when a retry makes sense.
  if (status === 409) return failure.retryAfterSeconds !== undefined;
  return status === 429 || status === 503 || (repeatable && (status === 502 || status === 504));
};

/**
 * Tells whether a request succeeded. A DELETE that is retried also succeeds with 404: an earlier attempt deleted the
 * build, and the response was lost.
 */
const isDone = (status: number, { method }: ApiRequest, attempt: number): boolean =>
  Math.trunc(status / 100) === 2 || (status === 404 && method === 'DELETE' && attempt > 1);

const sendOnce = async (send: Send, request: ApiRequest, stream: boolean, base: URL): Promise<CallResult> => {
  try {
    const message = await send(request);
    const status = message.statusCode ?? 0;
    const text = stream && status === 200 ? '' : (await readBounded(message, maxBytes)).toString('utf8');
    return { stream: message, response: { status, headers: message.headers, text } };
  } catch (error) {
    throw networkFailure(error, base);
  }
};

/** Tells whether a failed request certainly had no effect: the API refused it, or it was never sent. */
const wasRefused = (failure: unknown): boolean =>
  failure instanceof ResponseFailure
    ? failure.status >= 400 && failure.status < 500
    : failure instanceof Failure && mayRetry(failure.cause, false);

/**
 * Returns a function that sends a request to the API and returns the response when its status is 2xx. A request is
 * retried after 429, 503, 409 with Retry-After and a connection that could not be opened; a repeatable request also after 502, 504 and a
 * broken connection. The limits are 5 attempts, and one minute between two attempts.
 * @throws Failure for any other response, and when the last attempt fails
 */
export const createCaller =
  ({ base, send, onRetry, sleep, random }: CallerOptions) =>
  (request: ApiRequest, options: CallOptions): Promise<CallResult> => {
    const { repeatable, stream = false, attempts = maxAttempts, onAttempt, onFailedAttempt } = options;
    const attemptOnce = async (attempt: number): Promise<CallResult> => {
      onAttempt?.();
      try {
        const result = await sendOnce(send, request, stream, base);
        if (isDone(result.response.status, request, attempt)) return result;
        throw responseFailure(result.response, base);
      } catch (error) {
        onFailedAttempt?.(wasRefused(error));
        throw error;
      }
    };
    const beforeDelay = ({ error, failures, delayMs }: { error: unknown; failures: number; delayMs: number }) => {
      const next = `Trying again in ${Math.ceil(delayMs / 1000)} s (${failures + 1} of ${attempts}).`;
      onRetry({ message: (error as Failure).message, next, delayMs });
    };
    const isRetried = (error: unknown) => isTemporary(error as Failure, repeatable);
    const delayMs = (failures: number, error: unknown) => delayFor(failures, error as Failure, random);
    return retry({ attempts, isTemporary: isRetried, delayMs, beforeDelay, sleep }, attemptOnce);
  };
