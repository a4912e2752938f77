import type { Violation } from '../../openapi/generated/validators.js';
import type { Wrong } from '../errors.ts';

/** Limit for the path of a JSON field in an error sentence, in characters. */
const maxPathLength = 100;

/**
 * Describes which part of a request violates the API's contract, and how: the field ref, and "must be string". The field
 * is empty where the whole body is wrong. The description never contains the value that the client sent.
 */
export const describeViolation = ({ instancePath, message, params }: Violation): Wrong => {
  const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.filter(Boolean).join(', ')}` : '';
  return {
    field: instancePath.slice(1).replaceAll('/', '.').slice(0, maxPathLength),
    problem: `${message ?? 'is wrong'}${allowed}`,
  };
};
