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

/** Sentences for a parameter that violates its pattern, by the parameter's name. Not every client reads patterns. */
const patternProblems: Record<string, string> = {
  toolname: 'must be the name of a tool: a-z, 0-9, - and _, with a letter first',
  id: 'must be the id of a build: a-z, 0-9, - and .',
  'Idempotency-Key': 'must be 1 to 255 printable ASCII characters without spaces',
  step: 'must be the name of a step: a-z, 0-9 and -, at most 63 characters',
  tail: 'must be a number from 0 to 9999999',
  from_line: 'must be a number from 1 to 999999999',
  lines: 'must be a number from 1 to 9999999',
};

const parameterError = (violation: Violation): ApiError => {
  const described = describeViolation(violation);
  const { field } = described;
  const problem = (violation.keyword === 'pattern' ? patternProblems[field] : undefined) ?? described.problem;
  const sentence = sentences[field] ?? `Parameter ${field} ${problem}.`;
  return new ApiError(400, codes[field] ?? 'parameter_invalid', sentence, { wrong: { field, problem } });
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
