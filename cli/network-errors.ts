import { BodyTooLargeError } from '../lib/bounded-body.ts';
import { isUntrustedCertificate } from '../lib/certificate-problem.ts';
import { isObject } from '../lib/json-values.ts';
import { ProxyError } from '../lib/proxy/errors.ts';
import { exitCodes, Failure } from './failure.ts';

/** Codes of network errors that happen before a request is sent, so that any request may be retried. */
const unsentCodes = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/**
 * Codes of network errors that may happen after a request was sent, so that only repeatable requests may be retried.
 * The codes with Z mean that a compressed body ended too early or is damaged.
 */
const brokenCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'Z_BUF_ERROR', 'Z_DATA_ERROR']);

const codeOf = (error: unknown): string => (isObject(error) ? String(error.code ?? '') : '');
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Tells whether an error code stands for a TLS alert by which a server refuses the client certificate. */
const refusesClient = (code: string): boolean => /ALERT_.*CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/.test(code);

/**
 * Returns the error for a request that took too long. Its code is ETIMEDOUT, as for a timeout of the operating system.
 */
export const timeoutError = (): Error => Object.assign(new Error('no response in time'), { code: 'ETIMEDOUT' });

/**
 * Tells whether a request may be retried after a network error.
 * @param repeatable whether sending the request twice has the same effect as once
 */
export const mayRetry = (error: unknown, repeatable: boolean): boolean => {
  const code = codeOf(error);
  return unsentCodes.has(code) || (repeatable && brokenCodes.has(code));
};

const sentenceFor = (error: unknown, origin: string): string => {
  const code = codeOf(error);
  if (error instanceof BodyTooLargeError) return `${origin} sent a response of more than ${error.maxBytes} bytes.`;
  if (code === 'ECONNREFUSED') return `Nothing answers at ${origin}.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The host name of ${origin} can't be resolved.`;
  if (code === 'ETIMEDOUT') return `${origin} does not answer in time.`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return `The TLS handshake with ${origin} failed (${code}).`;
  if (code.startsWith('HPE_')) return `${origin} sent an invalid HTTP response (${code}).`;
  return `The connection to ${origin} broke (${code || messageOf(error)}).`;
};

const untrusted = (error: unknown, { host }: URL): Failure =>
  new Failure(
    exitCodes.unavailable,
    `The certificate of ${host} can't be trusted: ${messageOf(error)} (${codeOf(error)}).`,
    {
      hint: 'If this is the right server, set REQUESTS_CA_BUNDLE to a file that holds its authority, or name the authority as certificate-authority in a kubeconfig for this server.',
      cause: error,
    },
  );

/**
 * Returns the failure that the user sees for a network or TLS error. An error that is already a Failure is returned
 * unchanged.
 */
export const networkFailure = (error: unknown, base: URL): Failure => {
  if (error instanceof Failure) return error;
  if (error instanceof ProxyError) {
    const hint = `Check ${error.variable}, or list ${base.hostname} in NO_PROXY if the proxy is not needed to reach it.`;
    return new Failure(exitCodes.unavailable, error.message, { hint, cause: error });
  }
  const code = codeOf(error);
  if (isUntrustedCertificate(code)) return untrusted(error, base);
  if (code.startsWith('ERR_OSSL')) {
    return new Failure(exitCodes.usage, `A certificate or key of your settings can't be used (${code}).`, {
      hint: 'Check client-certificate, client-key and certificate-authority of the kubeconfig, and REQUESTS_CA_BUNDLE.',
      cause: error,
    });
  }
  if (refusesClient(code)) {
    return new Failure(exitCodes.notAllowed, `${base.host} does not accept your client certificate (${code}).`, {
      hint: 'Check whether the certificate in your kubeconfig has expired.',
      cause: error,
    });
  }
  return new Failure(exitCodes.unavailable, sentenceFor(error, base.origin), {
    hint: 'Check the address, or try again in a few minutes.',
    cause: error,
  });
};
