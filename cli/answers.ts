import type { IncomingHttpHeaders } from 'node:http';
import { isSection } from '../lib/kube/kubeconfig-file.ts';
import { EXIT, type ExitCode, Failure } from './failure.ts';

/** An answer that was read as a whole. */
export type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

/** Seconds of a Retry-After header, given as a number or a date (RFC 9110, 10.2.3). */
export function retryAfter(headers: IncomingHttpHeaders, now: number): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const BY_STATUS: Record<number, ExitCode> = {
  401: EXIT.notAllowed,
  403: EXIT.notAllowed,
  404: EXIT.notFound,
  409: EXIT.refused,
  422: EXIT.refused,
  429: EXIT.refused,
};

const exitFor = (status: number): ExitCode => BY_STATUS[status] ?? (status < 500 ? EXIT.usage : EXIT.unavailable);

const texts = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
};

function sentences(body: unknown): string[] {
  if (!isSection(body)) return [];
  const found = [body.error, body.detail, body.message].map(texts).find((list) => list.length > 0);
  return found ?? [];
}

function hintFor(status: number, seconds: number | undefined): string | undefined {
  if (status === 401)
    return 'Sign in with `toolforge-build login`; or is it TOOLFORGE_TOKEN or KUBECONFIG that is out of date?';
  if (status === 403) return 'Is it the right tool? See --tool; `toolforge-build whoami` says which are yours.';
  if (status >= 500 || status === 429) return seconds ? `Try again in ${seconds} s.` : 'Try again in a few minutes.';
  return undefined;
}

/** The failure that an answer of 3xx to 5xx stands for, in the API's own words where it has any. */
export function answerFailure({ status, headers, text }: Answer, base: URL): Failure {
  const words = sentences(parsed(text));
  if (words.length > 0) {
    const hint = hintFor(status, retryAfter(headers, Date.now()));
    return new Failure(exitFor(status), words.join('\n'), { hint });
  }
  const known = status === 401 || status === 403 || status === 429;
  return new Failure(
    known ? exitFor(status) : EXIT.unavailable,
    `${base.origin} answered with HTTP status ${status}.`,
    {
      hint: hintFor(status, retryAfter(headers, Date.now())) ?? 'Is the address right? See --api-url.',
    },
  );
}

/** The answer's JSON object. @throws Failure when it is none, or lacks a key */
export function objectFrom<T>(answer: Answer, base: URL, key: string): T {
  const body = parsed(answer.text);
  if (isSection(body) && typeof body[key] === (key === 'id' ? 'string' : 'object') && body[key] !== null)
    return body as T;
  throw new Failure(EXIT.unavailable, `${base.origin} answered with something that is not of the builds API.`, {
    hint: 'Is the address right? See --api-url and TOOL_TOOLFORGE_API_URL.',
  });
}
