import { setTimeout as delay } from 'node:timers/promises';
import { readBounded } from '../bounded-body.ts';
import { ApiError } from '../errors.ts';

export type ClientOptions = {
  /** Without a slash at the end. */
  base: string;
  /** Value of the Authorization header. */
  authorization: string | undefined;
  /** For each attempt, its answer's body included. */
  timeoutMs: number;
  attempts: number;
  maxBytes: number;
};

export type RegistryResponse = { status: number; headers: Headers; body: Buffer };
export type RegistryRequest = { method?: 'GET' | 'HEAD' | 'DELETE'; accept?: string; signal: AbortSignal | undefined };

/** Only idempotent calls: each is tried again after a failure that may pass. */
export type RegistryClient = {
  /**
   * @param path begins with a slash
   * @throws ApiError 503 registry_unavailable; the signal's reason where it was aborted
   */
  call(path: string, call: RegistryRequest): Promise<RegistryResponse>;
};

const RETRY_AFTER = 30;
const FIRST_PAUSE_MS = 100;
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** @param cause for the log; must not hold credentials */
export function unavailable(cause: unknown): ApiError {
  const says = 'The image registry does not answer as it should right now. Try again later.';
  return new ApiError(503, 'registry_unavailable', says, { retryAfter: RETRY_AFTER, cause });
}

async function attempt(options: ClientOptions, path: string, call: RegistryRequest): Promise<RegistryResponse> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const response = await fetch(options.base + path, {
    method: call.method ?? 'GET',
    // A redirect would carry the password along.
    redirect: 'manual',
    signal: call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]),
    headers: {
      Accept: call.accept ?? 'application/json',
      ...(options.authorization === undefined ? {} : { Authorization: options.authorization }),
    },
  });
  const body = response.body ? await readBounded(response.body, options.maxBytes) : Buffer.alloc(0);
  return { status: response.status, headers: response.headers, body };
}

/** What failed, in words that are safe to log: undici's own errors may hold the request. */
function described(path: string, call: RegistryRequest, error: unknown): Error {
  const { message = '', name = '', cause } = error as { message?: string; name?: string; cause?: { code?: string } };
  const code = cause?.code === undefined ? '' : ` (${cause.code})`;
  return new Error(`${call.method ?? 'GET'} ${path}: ${name}: ${message}${code}`);
}

/** Doubles every time; half of it is left to chance, so callers don't come back together. */
function pauseAfter(attempts: number): number {
  const full = FIRST_PAUSE_MS * 2 ** attempts;
  return full / 2 + (Math.random() * full) / 2;
}

export function createClient(options: ClientOptions): RegistryClient {
  async function once(path: string, call: RegistryRequest): Promise<RegistryResponse | Error> {
    try {
      const answer = await attempt(options, path, call);
      if (!PASSING.has(answer.status)) return answer;
      return new Error(`${call.method ?? 'GET'} ${path}: status ${answer.status}`);
    } catch (error) {
      call.signal?.throwIfAborted();
      return described(path, call, error);
    }
  }
  return {
    async call(path, call) {
      for (let tried = 1; ; tried += 1) {
        const outcome = await once(path, call);
        if (!(outcome instanceof Error)) return outcome;
        if (tried >= options.attempts) throw unavailable(outcome);
        await delay(pauseAfter(tried - 1), undefined, call.signal === undefined ? {} : { signal: call.signal });
      }
    },
  };
}

/** @throws ApiError 503 registry_unavailable */
export function parseJson(answer: RegistryResponse): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8'));
  } catch {
    throw unavailable(new Error(`status ${answer.status}, but no JSON`));
  }
}

/** The path of the next page, from a Link header (RFC 8288). It is asked for at our address, whatever host it names. */
export function nextPage(headers: Headers): string | undefined {
  const link = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headers.get('link') ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, 'http://registry')) return undefined;
  const next = new URL(link, 'http://registry');
  return next.pathname + next.search;
}

/** Runs a few at a time; none is begun after one has failed. */
export async function eachOf<T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
  const left = [...items].reverse();
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      try {
        await run(item);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
