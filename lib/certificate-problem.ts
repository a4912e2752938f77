/** Error codes of Node for a server's certificate that can't be trusted: what is wrong, and what an operator can do. */
const problems: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "has expired. Renew it, or correct this machine's clock",
  CERT_NOT_YET_VALID: "is not valid yet. Correct the clock of this machine, or of the certificate's issuer",
  CERT_REVOKED: 'was revoked. Renew it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another host. Correct the address, or the names in the certificate',
};

const otherAuthority =
  'is not signed by an authority that is trusted here. Correct the certificate, or the authority that this process trusts';

const otherAuthorityCodes = new Set([
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Tells whether an error code of Node means that the certificate of a server can't be trusted. */
export const isUntrustedCertificate = (code: string): boolean =>
  Object.hasOwn(problems, code) || otherAuthorityCodes.has(code);

const codeOf = (error: unknown): string => {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && isUntrustedCertificate(code)) return code;
  // The errors of fetch have the error of the connection as their cause.
  return cause === undefined ? '' : codeOf(cause);
};

/**
 * Describes why a request failed because of the server's certificate, and what an operator can do.
 * @returns a clause that follows "the certificate", such as "has expired. Renew it"; undefined for another error
 */
export const certificateProblem = (error: unknown): string | undefined => {
  const code = codeOf(error);
  if (code === '') return undefined;
  return `${problems[code] ?? otherAuthority} (${code})`;
};
