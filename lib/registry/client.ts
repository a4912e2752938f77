import { type MaybeSignal, withTimeout } from '../abort.ts';
import { basicCredentials } from '../basic-credentials.ts';
import { readBounded } from '../bounded-body.ts';
import { certificateProblem } from '../certificate-problem.ts';
import { ApiError } from '../errors.ts';
import { exponentialBackoff, retry, type Sleep } from '../retry.ts';
import { type Secret, withSecret } from '../secret.ts';

/** An account of the registry, whose password may be replaced while this process runs. */
export type Account = { username: string; password: Secret };

export type ClientOptions = {
  /** Origin of the registry, without a slash at the end. */
  base: string;
  /** Account that sends the requests. Undefined: requests have no credential. */
  account: Account | undefined;
  /** Time limit for one attempt of a request in milliseconds, the response's body included. */
  timeoutMs: number;
  /** Limit of attempts for one request to the registry, the first attempt included. */
  attempts: number;
  /** Limit for the body of one response of the registry, in bytes. */
  maxBytes: number;
  /** Waits between two attempts of a request. Default: a timer. Tests pass a function that does not wait. */
  sleep?: Sleep | undefined;
};

export type RegistryResponse = { status: number; headers: Headers; body: Buffer };
type RegistryRequest = {
  method?: 'GET' | 'HEAD' | 'DELETE' | 'POST';
  accept?: string;
  /** Body of the request, which is sent as JSON. */
  json?: object;
  signal: MaybeSignal;
};

/**
 * An HTTP client of the image registry. Only requests that may be sent twice are allowed, because each request is sent
 * again after a temporary failure.
 */
export type RegistryClient = {
  /**
   * Sends a request to the registry, and returns the response whatever its status is.
   * @param path begins with a slash
   * @throws ApiError 503 registry_unavailable; the signal's reason where it was aborted
   */
  send(path: string, request: RegistryRequest): Promise<RegistryResponse>;
};

const retryAfterSeconds = 30;
const delayMs = exponentialBackoff({ firstMs: 100, jitter: 0.5 });
const temporaryStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Returns the error for an image registry that fails.
 * @param cause error for the log, which must not hold credentials
 */
export const unavailable = (cause: unknown): ApiError =>
  new ApiError(
    503,
    'registry_unavailable',
    'The image registry does not respond as it should right now. Try again later.',
    { retryAfter: retryAfterSeconds, cause },
  );

/** Seconds after which a client may retry what only an administrator can correct. */
const refusedRetryAfterSeconds = 300;

/**
 * Returns the error for an image registry that refuses something until an administrator corrects it.
 * @param sentence says what is refused, and who can correct it
 * @param cause error for the log, which must not hold credentials
 */
export const refused = (sentence: string, cause?: unknown): ApiError =>
  new ApiError(503, 'registry_refused', sentence, { retryAfter: refusedRetryAfterSeconds, cause });

/** Returns the error for an image registry whose certificate can't be trusted. @param cause see `unavailable` */
const untrusted = (cause: Error): ApiError =>
  new ApiError(
    503,
    'registry_unavailable',
    "The image registry's certificate can not be trusted. Ask an administrator of the build service to look at its log.",
    { retryAfter: refusedRetryAfterSeconds, cause },
  );

/** Returns the error for a registry that does not accept the account of the service. @param cause see `unavailable` */
export const accountRefused = (cause: unknown): ApiError =>
  refused(
    'The image registry does not accept the account of the build service. Ask an administrator of the build service to renew it (REGISTRY_USER, and the Secret of REGISTRY_PASSWORD_FILE).',
    cause,
  );

/**
 * Returns the error for a response of the registry that refuses the account, or that has no meaning here.
 * @param what what was requested, for the log, without credentials
 */
export const unexpected = ({ status }: RegistryResponse, what: string): ApiError => {
  const cause = new Error(`${what}: status ${status}`);
  if (status === 401) return accountRefused(cause);
  if (status !== 403) return unavailable(cause);
  return refused(
    'The image registry does not let the build service use the images of this tool. Ask an administrator of the build service to look at the permissions of its account.',
    cause,
  );
};

const fetchOnce = async (
  options: ClientOptions,
  path: string,
  request: RegistryRequest,
  authorization?: string,
): Promise<RegistryResponse> => {
  const response = await fetch(options.base + path, {
    method: request.method ?? 'GET',
    // Security: redirects are not followed, so that the registry's password never goes to another server.
    redirect: 'manual',
    signal: withTimeout(options.timeoutMs, request.signal),
    ...(request.json === undefined ? {} : { body: JSON.stringify(request.json) }),
    headers: {
      Accept: request.accept ?? 'application/json',
      ...(request.json === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
  });
  const body = response.body ? await readBounded(response.body, options.maxBytes) : Buffer.alloc(0);
  return { status: response.status, headers: response.headers, body };
};

/** Sends a request to the registry once, or once more for each value of a password that is being replaced. */
const fetchSignedIn = (options: ClientOptions, path: string, request: RegistryRequest): Promise<RegistryResponse> => {
  const { account } = options;
  if (!account) return fetchOnce(options, path, request);
  const send = (password: string) => fetchOnce(options, path, request, basicCredentials(account.username, password));
  return withSecret(account.password, send, ({ status }) => status === 401);
};

/** The error for a registry whose certificate can't be trusted. */
class UntrustedCertificate extends Error {
  override readonly name = 'UntrustedCertificate';
}

/**
 * Returns an error of a request to the registry that is safe to log. Errors of fetch may hold the request with its
 * credentials.
 */
const withoutCredentials = ({ base }: ClientOptions, path: string, request: RegistryRequest, error: unknown): Error => {
  const { message = '', name = '', cause } = error as { message?: string; name?: string; cause?: { code?: string } };
  const code = cause?.code === undefined ? '' : ` (${cause.code})`;
  const problem = certificateProblem(error);
  if (problem) return new UntrustedCertificate(`the certificate of ${new URL(base).host} ${problem}`);
  return new Error(`${request.method ?? 'GET'} ${base}${path}: ${name}: ${message}${code}`);
};

/**
 * Sends a request to the registry once.
 * @throws Error after a broken connection or a response with a temporary status
 */
const attempt = async (options: ClientOptions, path: string, request: RegistryRequest): Promise<RegistryResponse> => {
  const response = await fetchSignedIn(options, path, request).catch((error: unknown) => {
    throw withoutCredentials(options, path, request, error);
  });
  if (!temporaryStatuses.has(response.status)) return response;
  throw new Error(`${request.method ?? 'GET'} ${path}: status ${response.status}`);
};

/** Makes the HTTP client of the image registry. */
export const createClient = (options: ClientOptions): RegistryClient => ({
  send: (path, request) => {
    const { attempts, sleep } = options;
    const { signal } = request;
    const exhausted = (error: unknown) =>
      error instanceof UntrustedCertificate ? untrusted(error) : unavailable(error);
    return retry({ attempts, delayMs, isTemporary: () => true, exhausted, signal, sleep }, () =>
      attempt(options, path, request),
    );
  },
});

/** Parses the body of a registry's response. @throws ApiError 503 registry_unavailable */
export const parseJson = (response: RegistryResponse): unknown => {
  try {
    return JSON.parse(response.body.toString('utf8'));
  } catch {
    throw unavailable(new Error(`status ${response.status}, but no JSON`));
  }
};

/**
 * Returns the path of the next page of a list, from a Link header (RFC 8288). Security: only the path of the link
 * counts, so the next request goes to our registry, whatever host the header names.
 */
export const nextPage = (headers: Headers): string | undefined => {
  const link = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(headers.get('link') ?? '')?.[1];
  if (link === undefined || !URL.canParse(link, 'http://registry')) return undefined;
  const next = new URL(link, 'http://registry');
  return next.pathname + next.search;
};
