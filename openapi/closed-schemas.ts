type Schema = { [keyword: string]: unknown };

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

/** Names of the schemas that other schemas extend by `allOf`. Such a schema can't say which other fields there are. */
const extendedNames = (schemas: object): Set<string> => {
  const parts = JSON.stringify(schemas).matchAll(/"allOf":\[\{"\$ref":"#\/components\/schemas\/(\w+)"/g);
  return new Set([...parts].map(([, name = '']) => name));
};

/** Closes a schema and the schemas within it. @param isPart whether other schemas add fields to the same object */
const close = (value: unknown, isPart = false): unknown => {
  if (Array.isArray(value)) return value.map((item) => close(item, isPart));
  if (!isSchema(value)) return value;
  const entries = Object.entries(value).map(([keyword, inner]) => [keyword, close(inner, keyword === 'allOf')]);
  const { 'x-always-sent': required, ...schema } = Object.fromEntries(entries) as Schema;
  const isClosed = !isPart && (isSchema(schema.properties) || schema.allOf !== undefined);
  return {
    ...schema,
    ...(required ? { required } : {}),
    ...(isClosed ? { unevaluatedProperties: false } : {}),
  };
};

/**
 * Returns the contract's schemas as the service itself keeps to them: the fields of `x-always-sent` are required, and
 * an object has no other fields than the documented ones. Clients get the open schemas, so that new fields do not
 * disturb them.
 */
export const closedSchemas = (schemas: Record<string, object>): Record<string, object> => {
  const extended = extendedNames(schemas);
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, close(schema, extended.has(name)) as object]),
  );
};
