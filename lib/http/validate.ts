import type { Route } from '../../openapi/generated/routes.ts';
import type { BuildParameters } from '../../openapi/generated/types.ts';
import type { Validator, Violation } from '../../openapi/generated/validators.js';
import * as validators from '../../openapi/generated/validators.js';
import { ApiError, type ErrorCode } from '../errors.ts';

const parameterValidators = validators as unknown as Record<string, Validator<Record<string, string>>>;

const camelCase = (id: string): string => id.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Codes that say more than parameter_invalid. */
const codes: Record<string, ErrorCode> = {
  toolname: 'tool_invalid',
  'Idempotency-Key': 'idempotency_key_invalid',
  cursor: 'cursor_invalid',
};

const sentences: Record<string, string> = {
  toolname: "The tool's name may hold a-z, 0-9, - and _, and begins with a letter.",
  id: 'The build id may hold a-z, 0-9, - and . only.',
  'Idempotency-Key': 'The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
};

const describe = ({ instancePath, message, params }: Violation): string => {
  const where = instancePath.slice(1).replaceAll('/', '.').slice(0, 100);
  const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.filter(Boolean).join(', ')}` : '';
  return `${where} ${message ?? 'is wrong'}${allowed}`.trim();
};

const parameterError = (violation: Violation): ApiError => {
  const name = violation.instancePath.slice(1);
  return new ApiError(400, codes[name] ?? 'parameter_invalid', sentences[name] ?? `Parameter ${describe(violation)}.`);
};

/** Checks path, query and header parameters against the contract. @throws ApiError 400 */
export const checkParameters = (route: Route, values: Record<string, string>): void => {
  const validate = parameterValidators[`${camelCase(route.operation)}Parameters`];
  if (!validate || validate(values)) return;
  const [violation] = validate.errors ?? [];
  if (violation) throw parameterError(violation);
};

const depth = (text: string): number => {
  let now = 0;
  let most = 0;
  for (const character of text) {
    if (character === '{' || character === '[') most = Math.max(most, ++now);
    if (character === '}' || character === ']') now--;
  }
  return most;
};

const parse = (body: Buffer): unknown => {
  const text = body.toString('utf8');
  if (text.trim() === '')
    throw new ApiError(400, 'body_invalid', 'The body is empty. Send a JSON object with at least source_url.');
  // Counted before parsing; brackets in strings count too, which no honest request has by the hundred.
  if (depth(text) > 100) throw new ApiError(400, 'body_invalid', 'The body is nested too deeply.');
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'body_invalid', 'The body is not valid JSON.');
  }
};

const bodyHints: [RegExp, (violation: Violation) => string][] = [
  [
    /^additionalProperties$/,
    ({ params }) => `it has no field ${JSON.stringify(String(params.additionalProperty).slice(0, 80))}`,
  ],
  [/^required$/, ({ params }) => `${String(params.missingProperty)} is missing`],
  [/^propertyNames$|^pattern$/, ({ instancePath, params, message }) => patternHint(instancePath, params, message)],
];

const patternHint = (path: string, params: Record<string, unknown>, message: string | undefined): string => {
  if (path === '/image_name') return 'image_name may hold a-z, 0-9 and single . _ - between them';
  if (path === '/envvars')
    return 'names in envvars begin with a letter or _, hold letters, digits and _, and have 3 to 256 characters';
  return `${path.slice(1)} ${message ?? ''} ${JSON.stringify(params).slice(0, 80)}`;
};

const bodyError = (violations: Violation[]): ApiError => {
  const [violation] = violations;
  const hint = violation && bodyHints.find(([keyword]) => keyword.test(violation.keyword));
  const text = hint && violation ? hint[1](violation) : violation ? describe(violation) : 'it is not a JSON object';
  return new ApiError(400, 'body_invalid', `The body is not a valid build request: ${text}.`);
};

const maxEnvironmentBytes = 16 * 1024;

const checkEnvironment = ({ envvars = {} }: BuildParameters): void => {
  const bytes = Object.entries(envvars).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 2,
    0,
  );
  if (bytes > maxEnvironmentBytes) {
    throw new ApiError(
      400,
      'envvars_too_large',
      `envvars may be ${maxEnvironmentBytes} bytes together; these are ${bytes}.`,
    );
  }
  const broken = Object.entries(envvars).find(([, value]) => value.includes('\0'));
  if (broken) throw new ApiError(400, 'body_invalid', `The value of ${broken[0]} in envvars holds a NUL character.`);
};

/** The body of start-build. @throws ApiError 400 `body_invalid`, `envvars_too_large` */
export const parseBuildParameters = (body: Buffer): BuildParameters => {
  const value = parse(body);
  if (!validators.isBuildParameters(value)) throw bodyError(validators.isBuildParameters.errors ?? []);
  checkEnvironment(value);
  return value;
};
