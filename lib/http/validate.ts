import type { Route } from '../../openapi/generated/routes.ts';
import type { Validator, Violation } from '../../openapi/generated/validators.js';
import * as validators from '../../openapi/generated/validators.js';
import { ApiError, type ErrorCode } from '../errors.ts';
import { describeViolation } from './describe-violation.ts';

const parameterValidators = validators as unknown as Record<string, Validator<Record<string, string>>>;

const camelCase = (id: string): string => id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/**
 * Error code for a wrong parameter of a request, by the parameter's name. All other parameters get `parameter_invalid`.
 */
const codes: Record<string, ErrorCode> = {
  'Idempotency-Key': 'idempotency_key_invalid',
  cursor: 'cursor_invalid',
};

/**
 * Error sentence for a wrong parameter of a request, by the parameter's name. Replaces a sentence of the validator that
 * would only repeat the parameter's pattern.
 */
const sentences: Record<string, string> = {
  id: 'The build id may hold a-z, 0-9, - and . only.',
  'Idempotency-Key': 'The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
};

const parameterError = (violation: Violation): ApiError => {
  const name = violation.instancePath.slice(1);
  const sentence = sentences[name] ?? `Parameter ${describeViolation(violation)}.`;
  return new ApiError(400, codes[name] ?? 'parameter_invalid', sentence);
};

/**
 * Checks a request's path, query and header parameters against the API's contract.
 * @throws ApiError 400 with the error code of the first wrong parameter
 */
export const checkParameters = (route: Route, values: Record<string, string>): void => {
  const validate = parameterValidators[`${camelCase(route.operation)}Parameters`];
  if (!validate || validate(values)) return;
  const [violation] = validate.errors ?? [];
  if (violation) throw parameterError(violation);
};
