import { exponentialBackoff, retry } from '../lib/retry.ts';
import type { Failure } from './failure.ts';
import type { ApiRequest, ResponseStream, Send } from './http.ts';
import { mayRetry, networkFailure } from './network-errors.ts';
import { type ApiResponse, ResponseFailure, responseFailure } from './responses.ts';

export type CallerOptions = {
  base: URL;
  send: Send;
  /** Called with a sentence for each retry, which says why and after how many seconds. */
  warn: (sentence: string) => void;
  sleep: (ms: number) => Promise<void>;
  /** Returns a number from 0 up to 1, for the jitter of the backoff. */
  random: () => number;
};

export type CallOptions = {
  /** Whether sending the request twice has the same effect as once. */
  repeatable: boolean;
  /** Whether to return a response of 200 with its body unread. Default false. */
  stream?: boolean;
};

/**
 * Result of an API call: the response with its body as text, and its stream, which a call with `stream` leaves unread.
 */
export type CallResult = { stream: ResponseStream; response: ApiResponse };

const maxAttempts = 5;
/** Longest wait for a retry in milliseconds. A server that wants a longer one gets no retry. */
const maxWaitMs = 60_000;
/** Backoff of calls and of log streams, in milliseconds. */
const backoffLimits = { firstMs: 250, maxMs: 10_000 };

/**
 * Returns the backoff after so many failures, in milliseconds. At least half of each delay is fixed, the rest is
 * jitter.
 */
export const backoffMs = (failures: number, random: () => number): number =>
  exponentialBackoff({ ...backoffLimits, jitter: 0.5, random })(failures);

/**
 * Returns the delay before a retry in milliseconds: never shorter than Retry-After; undefined when that is too long.
 */
const delayFor = (failures: number, failure: Failure, random: () => number): number | undefined => {
  const seconds = failure instanceof ResponseFailure ? failure.retryAfterSeconds : undefined;
  if (seconds === undefined) return backoffMs(failures, random);
  const delay = seconds * 1000 + exponentialBackoff({ ...backoffLimits, jitter: 1, random })(failures);
  return delay > maxWaitMs ? undefined : delay;
};

const isTemporary = (failure: Failure, repeatable: boolean): boolean => {
  if (!(failure instanceof ResponseFailure)) return mayRetry(failure.cause, repeatable);
  const { status } = failure;
  return status === 429 || status === 503 || (repeatable && (status === 502 || status === 504));
};

const readText = async (stream: ResponseStream): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** A repeated DELETE that finds nothing has succeeded: the response to the first DELETE was lost. */
const isDone = (status: number, { method }: ApiRequest, attempt: number): boolean =>
  Math.trunc(status / 100) === 2 || (status === 404 && method === 'DELETE' && attempt > 1);

const sendOnce = async (send: Send, request: ApiRequest, stream: boolean, base: URL): Promise<CallResult> => {
  try {
    const message = await send(request);
    const status = message.statusCode ?? 0;
    const text = stream && status === 200 ? '' : await readText(message);
    return { stream: message, response: { status, headers: message.headers, text } };
  } catch (error) {
    throw networkFailure(error, base);
  }
};

/**
 * Returns a function that sends a request and returns a response of 2xx. A request is sent again after 429 and 503, and
 * a repeatable one also after 502, 504 and a broken connection: at most 5 times, at most one minute apart.
 * @throws Failure
 */
export const createCaller =
  ({ base, send, warn, sleep, random }: CallerOptions) =>
  (request: ApiRequest, { repeatable, stream = false }: CallOptions): Promise<CallResult> => {
    const options = {
      attempts: maxAttempts,
      isTemporary: (error: unknown) => isTemporary(error as Failure, repeatable),
      delayMs: (failures: number, error: unknown) => delayFor(failures, error as Failure, random),
      beforeDelay: ({ error, failures, delayMs }: { error: unknown; failures: number; delayMs: number }) => {
        const when = `Trying again in ${Math.ceil(delayMs / 1000)} s (${failures + 1} of ${maxAttempts}).`;
        warn(`${(error as Failure).message} ${when}`);
      },
      sleep,
    };
    return retry(options, async (attempt) => {
      const result = await sendOnce(send, request, stream, base);
      if (isDone(result.response.status, request, attempt)) return result;
      throw responseFailure(result.response, base);
    });
  };
