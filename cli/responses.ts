import type { IncomingHttpHeaders } from 'node:http';
import { isObject, textAt } from '../lib/json-values.ts';
import { type ExitCode, exitCodes, Failure } from './failure.ts';
import { isResponse, type ResponseKey } from './response-shapes.ts';
import { refusalLines } from './typed-names.ts';

/** A response of the API with its body as text. */
export type ApiResponse = { status: number; headers: IncomingHttpHeaders; text: string };

/**
 * The failure of a request that the API refused or could not serve. The response's status and its Retry-After header
 * decide whether the request is retried.
 */
export class ResponseFailure extends Failure {
  override readonly name = 'ResponseFailure';
  readonly status: number;
  /** Seconds after which the server's Retry-After header allows a retry; undefined without the header. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, response: Pick<ApiResponse, 'status' | 'headers'>, exitCode: ExitCode, hint?: string) {
    super(exitCode, message, { hint });
    this.status = response.status;
    this.retryAfterSeconds = retryAfterSeconds(response.headers, Date.now());
  }
}

/**
 * Returns the seconds of a Retry-After header, which holds a number or a date; undefined without a valid header.
 * @param now milliseconds since 1970
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
const retryAfterSeconds = (headers: IncomingHttpHeaders, now: number): number | undefined => {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
};

/** Returns the value of a JSON text; undefined for text that is not JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const exitCodeOfStatus: Record<number, ExitCode> = {
  401: exitCodes.notAllowed,
  403: exitCodes.notAllowed,
  404: exitCodes.notFound,
  409: exitCodes.refused,
  422: exitCodes.refused,
  429: exitCodes.refused,
};

const exitCodeFor = (status: number): ExitCode =>
  exitCodeOfStatus[status] ?? (status >= 400 && status < 500 ? exitCodes.usage : exitCodes.unavailable);

const textsOf = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
};

/**
 * Returns the error sentences in the body of a response. The gateway and older versions of the API use other keys than
 * `error`.
 */
const sentencesOf = (body: unknown): string[] => {
  if (!isObject(body)) return [];
  return [body.error, body.detail, body.message].map(textsOf).find((sentences) => sentences.length > 0) ?? [];
};

/** Returns the error sentences in the body of a response, in which a part of the request has the name that the user typed. */
const refusedParts = (body: unknown): readonly string[] => {
  const text = (key: string) => (isObject(body) ? textAt(body, key) : undefined);
  return refusalLines({
    sentences: sentencesOf(body),
    code: text('code'),
    field: text('field'),
    problem: text('problem'),
  });
};

const hintFor = (status: number, seconds: number | undefined): string | undefined => {
  if (status === 401)
    return 'Sign in with `toolforge-build login`, or renew the credential in TOOLFORGE_TOKEN or KUBECONFIG.';
  if (status === 403) return 'Check --tool: `toolforge-build whoami` lists the tools you may act for.';
  if (status === 409) return seconds ? `Try again in ${seconds} s.` : undefined;
  if (status >= 500 || status === 429) return seconds ? `Try again in ${seconds} s.` : 'Try again in a few minutes.';
  return undefined;
};

/**
 * Returns the failure for a response with a status from 300 to 599. The failure's message is the error sentences of the
 * API, or the status when the body has no sentences.
 */
export const responseFailure = (response: ApiResponse, base: URL): ResponseFailure => {
  const { status, headers, text } = response;
  const sentences = refusedParts(parseJson(text));
  const hint = hintFor(status, retryAfterSeconds(headers, Date.now()));
  if (sentences.length > 0) return new ResponseFailure(sentences.join('\n'), response, exitCodeFor(status), hint);
  // An error response without sentences may come from a server that is not the API, so its 404 does not mean that the
  // build does not exist.
  const isMeaningful = status === 401 || status === 403 || status === 429;
  return new ResponseFailure(
    `${base.origin} answered with HTTP status ${status}.`,
    response,
    isMeaningful ? exitCodeFor(status) : exitCodes.unavailable,
    hint ?? 'Check the address: see --api-url.',
  );
};

/**
 * Returns the JSON object in the body of a response.
 * @param key a key that the object must have, to be a response of the builds API. The values that commands print must
 * have the types of the contract
 * @throws Failure when the body is not such an object
 */
export const objectFrom = <T>({ text }: ApiResponse, base: URL, key: ResponseKey): T => {
  const body = parseJson(text);
  if (isObject(body) && isResponse(body, key)) return body as T;
  throw new Failure(exitCodes.unavailable, `${base.origin} sent a response that is not of the builds API.`, {
    hint: 'Check the address: see --api-url and TOOL_TOOLFORGE_API_URL.',
  });
};
