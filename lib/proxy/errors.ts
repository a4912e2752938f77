/** Thrown for a variable that is not the URL of a proxy. The message does not quote the value: it may hold a password. */
export class ProxySettingError extends Error {
  override readonly name = 'ProxySettingError';
}

/**
 * Thrown when a proxy can't be used. The message names the proxy without its user name and password. The code is the one
 * of the network error, EHOSTUNREACH where the proxy does not reach the host, EPROXYAUTH where it wants another user name
 * or password, or EPROXY for another refusal.
 */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: string;
  /** Name of the environment variable that names the proxy, such as HTTPS_PROXY. */
  readonly variable: string;

  constructor(message: string, variable: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.variable = variable;
    this.code = code;
  }
}
