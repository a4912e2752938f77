/** Checks requests to Harbor, and Harbor's responses, against Harbor's own API document (Swagger 2.0). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { load } from 'js-yaml';
import { isObject } from '../../../lib/json-values.ts';

type Place = 'path' | 'query' | 'header' | 'body';
type Parameter = { name: string; in: Place; required: boolean; type: unknown; schema: object };
type DocumentedParameter = { name: string; in: Place; required?: boolean; schema?: object };
type DocumentedResponse = { schema?: object; headers?: Record<string, object> };
type DocumentedOperation = { operationId: string; parameters?: object[]; responses: Record<string, object> };
type ApiDocument = {
  basePath: string;
  paths: Record<string, Record<string, DocumentedOperation>>;
  definitions: Record<string, object>;
};

/** An operation of the document. */
export type Operation = {
  id: string;
  method: string;
  pattern: RegExp;
  parameters: Parameter[];
  responses: Record<string, DocumentedResponse>;
};

export type SentRequest = { method: string; url: URL; headers: Record<string, unknown>; body: string };
export type SentResponse = { status: number; headers: Record<string, string>; body: unknown };

const file = join(import.meta.dirname, '../../fixtures/harbor/api-v2.0.yaml');
const document = load(readFileSync(file, 'utf8')) as ApiDocument;

/**
 * Statuses that Harbor's handlers send although its document does not list them, by operation: a refused credential, an
 * account that may make no projects, and an artifact that an immutability rule protects.
 */
const undocumented: Record<string, number[]> = { headProject: [401], createProject: [403], deleteArtifact: [412] };

/** Resolves a reference within the document. Returns any other value as it is. */
const resolved = <T>(value: object): T => {
  if (!('$ref' in value)) return value as T;
  const path = String(value.$ref).split('/').slice(1);
  return path.reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), document) as T;
};

/**
 * Returns a schema of Swagger 2.0 as JSON Schema. Objects with listed properties have no others: the document leaves
 * that open, but a misspelled field must fail a test.
 */
const toJsonSchema = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, toJsonSchema(value)]);
  const converted = Object.fromEntries(entries) as Record<string, unknown>;
  const isClosed = isObject(schema.properties) && schema.additionalProperties === undefined;
  const closed = isClosed ? { ...converted, additionalProperties: false } : converted;
  return schema['x-nullable'] === true ? { anyOf: [{ type: 'null' }, closed] } : closed;
};

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  formats: { int: true, int32: true, int64: true, 'date-time': /^[0-9T:.Z-]+$/ },
});

/** Checks by schema, made once for each schema. */
const checks = new Map<object, ValidateFunction>();

const checkOf = (schema: object): ValidateFunction => {
  const known = checks.get(schema);
  if (known) return known;
  const definitions = toJsonSchema(document.definitions);
  const check = ajv.compile({ definitions, allOf: [toJsonSchema(schema)] });
  checks.set(schema, check);
  return check;
};

const problemsOf = (schema: object, value: unknown, what: string): string[] => {
  const check = checkOf(schema);
  if (check(value)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) =>
    [what, instancePath, message, JSON.stringify(params)].filter(Boolean).join(' '),
  );
};

const parameterOf = (documented: object): Parameter => {
  const { name, in: place, required = false, schema, ...own } = resolved<DocumentedParameter>(documented);
  return { name, in: place, required, type: 'type' in own ? own.type : undefined, schema: schema ?? own };
};

const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) => {
  const pattern = path.replace(/\{([a-z_]+)\}/g, (_, name: string) => `(?<${name}>[^/]+)`);
  return Object.entries(methods).map(([method, { operationId, parameters = [], responses }]) => ({
    id: operationId,
    method: method.toUpperCase(),
    pattern: new RegExp(`^${document.basePath}${pattern}$`),
    parameters: parameters.map(parameterOf),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => [status, resolved<DocumentedResponse>(response)]),
    ),
  }));
});

/** Returns the operation that a request asks for. Undefined where the document has no such path or method. */
export const findOperation = (method: string, url: URL): Operation | undefined =>
  operations.find((operation) => operation.method === method && operation.pattern.test(url.pathname));

/** Returns the values in the path of a request, decoded once. */
export const pathValues = ({ pattern }: Operation, url: URL): Record<string, string> =>
  Object.fromEntries(
    Object.entries(pattern.exec(url.pathname)?.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
  );

/** Returns the value that a text of a path, a query or a header stands for. */
const parsedText = (type: unknown, text: string): unknown => {
  if (type === 'integer' && /^-?[0-9]+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
};

const parsedBody = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const givenValue = (parameter: Parameter, operation: Operation, { url, headers, body }: SentRequest): unknown => {
  if (parameter.in === 'body') return body === '' ? undefined : (parsedBody(body) ?? 'no JSON');
  const texts = {
    path: pathValues(operation, url)[parameter.name],
    query: url.searchParams.get(parameter.name),
    header: headers[parameter.name.toLowerCase()],
  };
  const text = texts[parameter.in] ?? undefined;
  return text === undefined ? undefined : parsedText(parameter.type, String(text));
};

const parameterProblems = (parameter: Parameter, operation: Operation, request: SentRequest): string[] => {
  const { name, required, schema } = parameter;
  const value = givenValue(parameter, operation, request);
  if (value === undefined) return required ? [`${name} is missing`] : [];
  return problemsOf(schema, value, name);
};

/** Returns what is wrong with a request. Empty where the document allows the request. */
export const requestProblems = (operation: Operation, request: SentRequest): string[] => {
  const { parameters } = operation;
  const queries = new Set(parameters.filter((one) => one.in === 'query').map(({ name }) => name));
  const strange = [...request.url.searchParams.keys()].filter((name) => !queries.has(name));
  const hasBody = parameters.some((one) => one.in === 'body');
  const isJson = String(request.headers['content-type']).startsWith('application/json');
  return [
    ...strange.map((name) => `there is no query parameter ${name}`),
    ...(request.body !== '' && !hasBody ? ['this operation has no body'] : []),
    ...(hasBody && !isJson ? ['the body must be application/json'] : []),
    ...parameters.flatMap((parameter) => parameterProblems(parameter, operation, request)),
  ].map((problem) => `${operation.id}: ${problem}`);
};

/** Returns what is wrong with a response. Empty where the document allows the response. */
export const responseProblems = (operation: Operation, { status, headers, body }: SentResponse): string[] => {
  const response = operation.responses[status];
  if (!response && undocumented[operation.id]?.includes(status)) return [];
  if (!response) return [`${operation.id}: the document has no status ${status}`];
  const documented = new Set([
    ...Object.keys(response.headers ?? {}).map((name) => name.toLowerCase()),
    'content-type',
  ]);
  const strange = Object.keys(headers).filter((name) => !documented.has(name.toLowerCase()));
  const unexpectedBody = response.schema === undefined && body !== undefined ? ['this response has no body'] : [];
  return [
    ...strange.map((name) => `the document has no header ${name}`),
    ...unexpectedBody,
    ...(response.schema && body !== undefined ? problemsOf(response.schema, body, String(status)) : []),
  ].map((problem) => `${operation.id}: ${problem}`);
};

/** Returns what is wrong with a value that a definition of the document describes, such as RobotCreate. */
export const definitionProblems = (name: string, value: unknown): string[] =>
  problemsOf({ $ref: `#/definitions/${name}` }, value, name);
