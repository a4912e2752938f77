import type { BuildParameters } from '../../openapi/generated/types.ts';
import { isBuildParameters, type Violation } from '../../openapi/generated/validators.js';
import { ApiError, type ErrorCode, type Wrong } from '../errors.ts';
import { describeViolation } from '../http/describe-violation.ts';
import { isObject } from '../json-values.ts';
import { normalizeParameters } from './parameters.ts';

/** Limit for the names and values of all environment variables of a build together, in bytes: 16 KiB. */
const maxEnvironmentBytes = 16 * 1024;

/** Limit for the nesting of objects and lists in the JSON body of a request. A valid request needs two levels. */
const maxDepth = 100;

const refusal = (sentence: string, code: ErrorCode = 'body_invalid', wrong?: Wrong): ApiError =>
  new ApiError(400, code, sentence, wrong ? { wrong } : {});

/**
 * Matches a string of JSON, in which brackets are text, or a bracket. A string without an end goes to the end of the
 * text: a search that fails there would begin anew at each quote, and take quadratic time.
 */
const stringOrBracket = /"(?:[^"\\]|\\.)*(?:"|\\?$)|[{}[\]]/gs;

const nestingDepth = (json: string): number => {
  let depth = 0;
  let deepest = 0;
  for (const [character] of json.matchAll(stringOrBracket)) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    if (character === '}' || character === ']') depth--;
  }
  return deepest;
};

const parseJson = (body: Buffer): unknown => {
  const text = body.toString('utf8');
  if (text.trim() === '') throw refusal('The body is empty. Send a JSON object with at least source_url.');
  // The nesting of a request's body is checked before the body is parsed.
  if (nestingDepth(text) > maxDepth) throw refusal('The body is nested too deeply.');
  try {
    return JSON.parse(text);
  } catch {
    throw refusal('The body is not valid JSON.');
  }
};

/** Sentences for a field that violates its pattern, by the field's name. */
const patternProblems: Record<string, string> = {
  image_name: 'may hold a-z, 0-9 and single . _ - between them',
};

/** Limit for a variable's name in an error sentence, in characters. A name may have 256 characters. */
const maxShownName = 80;

/** Describes a wrong name of a variable. @param name the name that the client sent */
const wrongName = (name: string): Wrong => ({
  field: `envvars.${name.slice(0, maxShownName)}`,
  problem: 'names begin with a letter or _, hold letters, digits and _, and have 3 to 256 characters',
});

const describe = (violations: readonly Violation[]): Wrong => {
  const [violation] = violations;
  if (!violation) return { field: '', problem: 'it is not a JSON object' };
  const name = violations.find(({ keyword }) => keyword === 'propertyNames')?.params.propertyName;
  if (name !== undefined) return wrongName(String(name));
  if (violation.keyword === 'required')
    return { field: String(violation.params.missingProperty), problem: 'is missing' };
  const described = describeViolation(violation);
  const problem = violation.keyword === 'pattern' ? patternProblems[described.field] : undefined;
  return problem === undefined ? described : { ...described, problem };
};

const contractError = (violations: readonly Violation[]): ApiError => {
  const wrong = describe(violations);
  const sentence = `The body is not a valid build request: ${`${wrong.field} ${wrong.problem}`.trim()}.`;
  return refusal(sentence, 'body_invalid', wrong.field === '' ? undefined : wrong);
};

/**
 * Returns how many bytes environment variables take in the environment of a process. Each variable takes two bytes more
 * than its name and value: one for "=" and one for NUL.
 */
const environmentBytes = (envvars: Record<string, string>): number =>
  Object.entries(envvars).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value) + 2,
    0,
  );

const checkEnvironment = (envvars: Record<string, string> = {}): void => {
  const bytes = environmentBytes(envvars);
  if (bytes > maxEnvironmentBytes)
    throw refusal(
      `envvars may have ${maxEnvironmentBytes} bytes together. This request has ${bytes}.`,
      'envvars_too_large',
      { field: 'envvars', problem: `may have ${maxEnvironmentBytes} bytes together, and have ${bytes}` },
    );
  const broken = Object.entries(envvars).find(([, value]) => value.includes('\0'));
  if (!broken) return;
  const wrong = { field: `envvars.${broken[0].slice(0, maxShownName)}`, problem: 'the value holds a NUL character' };
  throw refusal(`The value of ${broken[0]} in envvars holds a NUL character. Remove it.`, 'body_invalid', wrong);
};

export type BuildRequest = {
  parameters: BuildParameters;
  /** Names of the body's fields that the service does not know, at most ten. Such fields have no effect. */
  ignored: string[];
};

const fields: ReadonlySet<string> = new Set(Object.keys(normalizeParameters('', { source_url: '' })));

/** Limit of the ignored fields that a response names, and limit for the characters that it shows of each name. */
const shownNames = { count: 10, length: 80 };

/**
 * Divides a body into the fields that the contract knows, and the names of all others. A field that is null counts as
 * absent, because many clients send null for a value that their user did not give.
 */
const divideFields = (body: object): { known: object; ignored: string[] } => {
  const given = Object.entries(body).filter(([, value]) => value !== null);
  const ignored = given.flatMap(([name]) => (fields.has(name) ? [] : [name.slice(0, shownNames.length)]));
  return {
    known: Object.fromEntries(given.filter(([name]) => fields.has(name))),
    ignored: ignored.slice(0, shownNames.count),
  };
};

/**
 * Parses the body of a request that starts a build. Unknown fields are ignored, as builds-api 2 does: a client may be
 * newer than the service.
 * @throws ApiError 400 `body_invalid` or `envvars_too_large`
 */
export const parseBuildRequest = (body: Buffer): BuildRequest => {
  const value = parseJson(body);
  const { known, ignored } = isObject(value) ? divideFields(value) : { known: value, ignored: [] };
  if (!isBuildParameters(known)) throw contractError(isBuildParameters.errors ?? []);
  checkEnvironment(known.envvars);
  return { parameters: known, ignored };
};
