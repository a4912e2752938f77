import { type Answer, answerFailure, retryAfter } from './answers.ts';
import type { Failure } from './failure.ts';
import type { Call, Incoming, Send } from './http.ts';
import { mayRetry, networkFailure } from './network-errors.ts';

export type RetryOptions = {
  base: URL;
  send: Send;
  /** Hears why and how long it waits before it tries again. */
  tell: (sentence: string) => void;
  sleep: (milliseconds: number) => Promise<void>;
  /** From 0 to 1, for jitter. */
  random: () => number;
};

export type CallOptions = {
  /** Doing it twice is as good as doing it once. */
  repeatable: boolean;
  /** Resolve when the answer begins, its body unread. */
  stream?: boolean;
};

export type Reply = { message: Incoming; answer: Answer };
type Outcome = Reply | { error: unknown };

const MOST_ATTEMPTS = 5;
const LONGEST_WAIT = 60_000;

/** Milliseconds: exponential, with jitter so that many clients don't come back at once; never before Retry-After. */
export function backoff(attempt: number, seconds: number | undefined, random: () => number): number {
  const base = Math.min(10_000, 250 * 2 ** (attempt - 1));
  return seconds === undefined ? base * (0.5 + random() / 2) : seconds * 1000 + random() * base;
}

async function readText(message: Incoming): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** A DELETE whose answer was lost, and that finds nothing the second time, has done its work. */
const isDone = ({ answer }: Reply, call: Call, attempt: number): boolean =>
  Math.trunc(answer.status / 100) === 2 || (answer.status === 404 && call.method === 'DELETE' && attempt > 1);

function isTemporary(outcome: Outcome, repeatable: boolean): boolean {
  if ('error' in outcome) return mayRetry(outcome.error, repeatable);
  const { status } = outcome.answer;
  return status === 429 || status === 503 || (repeatable && (status === 502 || status === 504));
}

const failureOf = (outcome: Outcome, base: URL): Failure =>
  'error' in outcome ? networkFailure(outcome.error, base) : answerFailure(outcome.answer, base);

function waitBefore(outcome: Outcome, attempt: number, repeatable: boolean, random: () => number): number | undefined {
  if (attempt >= MOST_ATTEMPTS || !isTemporary(outcome, repeatable)) return undefined;
  const seconds = 'error' in outcome ? undefined : retryAfter(outcome.answer.headers, Date.now());
  const wait = backoff(attempt, seconds, random);
  return wait > LONGEST_WAIT ? undefined : wait;
}

async function attemptOnce(send: Send, call: Call, stream: boolean): Promise<Outcome> {
  try {
    const message = await send(call);
    const status = message.statusCode ?? 0;
    const text = stream && status === 200 ? '' : await readText(message);
    return { message, answer: { status, headers: message.headers, text } };
  } catch (error) {
    return { error };
  }
}

/**
 * Makes a function that sends a call, and sends it again on 429, 503 and, if it is repeatable, when the connection or
 * a gateway breaks: five times at most, a minute apart at most. Resolves to an answer of 2xx. @throws Failure
 */
export const createCaller =
  ({ base, send, tell, sleep, random }: RetryOptions) =>
  async (call: Call, { repeatable, stream = false }: CallOptions): Promise<Reply> => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(send, call, stream);
      if ('answer' in outcome && isDone(outcome, call, attempt)) return outcome;
      const failure = failureOf(outcome, base);
      const wait = waitBefore(outcome, attempt, repeatable, random);
      if (wait === undefined) throw failure;
      tell(`${failure.message} Trying again in ${Math.ceil(wait / 1000)} s (${attempt + 1} of ${MOST_ATTEMPTS}).`);
      await sleep(wait);
    }
  };
