/**
 * Codes of all errors that a client can receive. The codes are part of the contract: openapi/openapi.yaml explains
 * them. The sentences that are sent with the codes may change.
 */
export type ErrorCode =
  | 'body_invalid'
  | 'body_timeout'
  | 'body_too_large'
  | 'build_finished'
  | 'build_not_found'
  | 'builds_none'
  | 'conflict'
  | 'cross_site'
  | 'cursor_invalid'
  | 'envvars_too_large'
  | 'forbidden'
  | 'idempotency_key_invalid'
  | 'idempotency_key_reused'
  | 'internal'
  | 'log_unavailable'
  | 'media_type_unsupported'
  | 'method_not_allowed'
  | 'not_acceptable'
  | 'not_found'
  | 'parameter_invalid'
  | 'quota_exceeded'
  | 'rate_limited'
  | 'ref_invalid'
  | 'ref_not_found'
  | 'registry_refused'
  | 'registry_unavailable'
  | 'scope_insufficient'
  | 'source_empty'
  | 'source_forbidden'
  | 'source_invalid'
  | 'source_not_found'
  | 'source_not_git'
  | 'source_redirected'
  | 'source_requires_password'
  | 'source_unreachable'
  | 'token_invalid'
  | 'unauthenticated'
  | 'unavailable'
  | 'versions_unavailable';

/** The fault of a request, so that a client can say it in its own words for the part. */
export type Wrong = {
  /** Name of the parameter or of the body's field, such as `tail` or `envvars.NAME`. */
  field: string;
  /** End of a sentence that begins with the field. Names of other fields stand in backticks. */
  problem: string;
};

export type ErrorDetails = {
  /** The wrong part of the request. Default: no single part is wrong. */
  wrong?: Wrong;
  /** Seconds after which a client may retry the refused request. Sent as the header Retry-After. */
  retryAfter?: number;
  /** The internal error that caused this ApiError. The cause is logged, never sent to the client. */
  cause?: unknown;
  /** Additional headers of an error response, such as WWW-Authenticate or Allow. */
  headers?: Record<string, string>;
};

/** An error whose status, code and message are sent to the client. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: ErrorCode;
  readonly retryAfter: number | undefined;
  readonly headers: Record<string, string>;
  readonly wrong: Wrong | undefined;

  constructor(status: number, code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.status = status;
    this.code = code;
    this.retryAfter = details.retryAfter;
    this.headers = details.headers ?? {};
    this.wrong = details.wrong;
  }
}

/** Returns the error for a parameter of a request: ApiError 400 `parameter_invalid`, with a sentence about the parameter. */
export const parameterInvalid = (field: string, problem: string): ApiError =>
  new ApiError(400, 'parameter_invalid', `${field} ${problem}.`.replaceAll('`', ''), { wrong: { field, problem } });

/** Thrown when a setting is missing or wrong, so that the process can't start. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly setting: string;

  /** Makes an error whose message is "<setting> must be <expected>". @param expected such as "a port number" */
  constructor(setting: string, expected: string) {
    super(`${setting} must be ${expected}`);
    this.setting = setting;
  }
}

/** Thrown when an environment variable has the former name of a renamed setting, so that the process can't start. */
export class RenamedSettingError extends ConfigError {
  /**
   * Makes an error that says what a setting is called now.
   * @param former the former name
   * @param present the new name
   */
  constructor(former: string, present: string) {
    super(former, `called ${present}`);
    this.message = `${former} is now ${present}: rename it.`;
  }
}

/** Thrown when an environment variable has the name of a setting that no longer exists, so that the process can't start. */
export class RemovedSettingError extends ConfigError {
  /** Makes an error that says what to do about a setting. @param advice sentences that follow "<former> no longer exists." */
  constructor(former: string, advice: string) {
    super(former, 'removed');
    this.message = `${former} no longer exists. ${advice}`;
  }
}
