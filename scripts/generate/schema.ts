import { notice } from './yaml.ts';

/**
 * A JSON Schema of values of a chart. helm shows of a pattern only the pattern itself, so texts are checked by the
 * chart's templates, which show a sentence. These keywords are for the templates: `pattern` and `format` (date or
 * network), and `expected`, the phrase that says what the texts at this place and below must be.
 */
export type Schema = { readonly [keyword: string]: unknown };

export const text = (description: string, expected: string, pattern: string): Schema => ({
  description,
  expected,
  type: 'string',
  pattern,
});

/** Returns the schema of an object without other fields than the given ones. */
export const closed = (properties: Record<string, Schema>, required: string[] = []): Schema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

/** Returns a pattern of names of objects in Kubernetes with so many characters at most. */
export const objectNameUpTo = (length: number): string => `^[a-z0-9]([-a-z0-9]{0,${length - 2}}[a-z0-9])?$`;
/** Matches names of objects in Kubernetes. */
export const objectName = objectNameUpTo(63);
/** Expectation of such a name. */
export const asName = 'a name of at most 63 lower-case letters, digits and hyphens';

/** A number of bytes has a unit, since 256 would be 256 bytes, and 256m a quarter of a byte. */
const bytes: Schema = {
  type: 'string',
  expected: 'a size such as 256Mi or 1Gi',
  pattern: '^[0-9]+(\\.[0-9]+)?([KMGTPE]i|[kMGTPE])$',
};
const cpu: Schema = {
  type: ['string', 'number'],
  minimum: 0.001,
  expected: 'processors such as 250m or 1.5',
  pattern: '^([0-9]+m|[0-9]+(\\.[0-9]{1,3})?)$',
};
const quantities = closed({ cpu, memory: bytes, 'ephemeral-storage': bytes });
/** Resources of a container. */
export const resources = closed({ requests: quantities, limits: quantities });

/** Form of the texts at a place among the values. In a path `*` is any key or index, and `@` the keys themselves. */
export type Form = { path: readonly string[]; pattern: string; expected: string; format?: string };

const childrenOf = ({ properties, items, additionalProperties, propertyNames }: Schema): [string, Schema][] =>
  [
    ...Object.entries((properties ?? {}) as Record<string, Schema>),
    ...[items, additionalProperties].map((schema) => ['*', schema] as const),
    ['@', propertyNames] as const,
  ].filter((entry): entry is [string, Schema] => typeof entry[1] === 'object');

/** Returns the forms of all texts in values of a schema. */
export const formsOf = (schema: Schema, path: readonly string[] = [], above = ''): Form[] => {
  const { pattern, format, expected = above } = schema as Partial<Form>;
  const own = pattern === undefined ? [] : [{ path, pattern, expected, ...(format ? { format } : {}) }];
  return [...own, ...childrenOf(schema).flatMap(([step, child]) => formsOf(child, [...path, step], expected))];
};

const keywordsOfForms = ['pattern', 'format', 'expected'];

/** Returns the text of a values.schema.json, by which helm refuses an unknown value, and one of a wrong type. */
export const schemaFile = (sources: string, values: Schema): string => {
  const schema = { $comment: notice(sources), $schema: 'http://json-schema.org/draft-07/schema#', ...values };
  const withoutForms = (keyword: string, value: unknown) => (keywordsOfForms.includes(keyword) ? undefined : value);
  return `${JSON.stringify(schema, withoutForms, 1)}\n`;
};
