/** Character that encloses a CEL expression inside a value. No value of a manifest holds it. */
const mark = '\u0000';

/** Returns a text that `cel` writes as a CEL expression, not as a string of CEL. */
export const expression = (text: string): string => `${mark}${text}${mark}`;

const isPlainText = (value: unknown): boolean => typeof value === 'string' && !value.startsWith(mark);

/**
 * Writes the members of a list or a map. Kubernetes demands that all members have one type, so members of different
 * types lose their type by `dyn`.
 */
const members = (values: readonly unknown[]): string[] =>
  values.every(isPlainText) ? values.map((value) => cel(value)) : values.map((value) => `dyn(${cel(value)})`);

const mapOf = (value: object): string => {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  const fields = members(entries.map(([, field]) => field));
  return `{${entries.map(([name], at) => `${JSON.stringify(name)}:${fields[at]}`).join(',')}}`;
};

/**
 * Returns a JSON value as a literal of CEL, the language of admission policies.
 * @see https://kubernetes.io/docs/reference/using-api/cel/
 */
export const cel = (value: unknown): string => {
  if (typeof value === 'string') return isPlainText(value) ? JSON.stringify(value) : value.slice(1, -1);
  if (Array.isArray(value)) return `[${members(value).join(',')}]`;
  return typeof value === 'object' && value !== null ? mapOf(value) : JSON.stringify(value);
};

/** Returns the CEL expression for "the object has no other fields than these". */
export const onlyFields = (object: string, names: readonly string[]): string =>
  `${object}.all(field, field in ${cel(names)})`;

/** Returns the CEL expression for "the optional map of an object has no other keys than these". */
export const onlyKeys = (object: string, map: string, names: readonly string[]): string =>
  `(!has(${object}.${map}) || ${onlyFields(`${object}.${map}`, names)})`;

/**
 * Returns the CEL expression for "these fields of the object have these values". A field that the object does not have
 * makes the condition false, and is no error.
 */
export const hasFields = (object: string, values: object): string =>
  Object.entries(values)
    .map(([name, value]) => `${object}[?${cel(name)}] == optional.of(${cel(value)})`)
    .join(' && ');

/** Returns the CEL expression for "each of these fields is absent, or has one of its values". */
export const mayHaveFields = (object: string, values: Readonly<Record<string, readonly unknown[]>>): string =>
  Object.entries(values)
    .map(([name, allowed]) => `(!has(${object}.${name}) || ${object}.${name} in ${cel(allowed)})`)
    .join(' && ');
