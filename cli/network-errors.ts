import { isSection } from '../lib/kube/kubeconfig-file.ts';
import { EXIT, Failure } from './failure.ts';

const CERTIFICATE_NOT_TRUSTED = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The request never left: safe to send again whatever it was. */
const UNSENT = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);
/** The last two: what was compressed ends too early, or is garbled. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'Z_BUF_ERROR', 'Z_DATA_ERROR']);

const codeOf = (error: unknown): string => (isSection(error) ? String(error.code ?? '') : '');
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A client certificate that the server refused, told as a TLS alert. */
const refusesClient = (code: string) => /ALERT_.*CERTIFICATE|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED/.test(code);

/** Whether the same request may be sent again after this error. `repeatable`: doing it twice is as good as once. */
export function mayRetry(error: unknown, repeatable: boolean): boolean {
  const code = codeOf(error);
  return UNSENT.has(code) || (repeatable && BROKEN.has(code));
}

function sentence(error: unknown, where: string): string {
  const code = codeOf(error);
  if (code === 'ECONNREFUSED') return `Nothing answers at ${where}.`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The name in ${where} can't be resolved.`;
  if (code === 'ETIMEDOUT') return `${where} does not answer in time.`;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return `${where} does not speak TLS as it should (${code}).`;
  if (code.startsWith('HPE_')) return `${where} does not speak HTTP as it should (${code}).`;
  return `The connection to ${where} broke (${code || textOf(error)}).`;
}

/** What to tell people about an error below HTTP. */
export function networkFailure(error: unknown, base: URL): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (CERTIFICATE_NOT_TRUSTED.has(code)) {
    return new Failure(
      EXIT.unavailable,
      `The certificate of ${base.host} can't be trusted: ${textOf(error)} (${code}).`,
      {
        hint: 'If this is the right server, name its authority as certificate-authority in the kubeconfig, or set REQUESTS_CA_BUNDLE to a file that holds it.',
        cause: error,
      },
    );
  }
  if (refusesClient(code)) {
    return new Failure(EXIT.notAllowed, `${base.host} does not accept your client certificate (${code}).`, {
      hint: 'It may have expired: look into your kubeconfig.',
      cause: error,
    });
  }
  return new Failure(EXIT.unavailable, sentence(error, base.origin), {
    hint: 'Is the address right, and the service up? Try again in a few minutes.',
    cause: error,
  });
}
