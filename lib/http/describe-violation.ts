import type { Violation } from '../../openapi/generated/validators.js';

/** Limit for the path of a JSON field in an error sentence, in characters. */
const maxPathLength = 100;

/**
 * Describes how a request violates the API's contract, such as "ref must be string". The sentence never contains the
 * value that the client sent.
 */
export const describeViolation = ({ instancePath, message, params }: Violation): string => {
  const field = instancePath.slice(1).replaceAll('/', '.').slice(0, maxPathLength);
  const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.filter(Boolean).join(', ')}` : '';
  return `${field} ${message ?? 'is wrong'}${allowed}`.trim();
};
