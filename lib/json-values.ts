/** An object that was parsed from JSON or YAML and whose values are not checked yet. */
export type Fields = Record<string, unknown>;

/** Tells whether a value is an object with keys: neither null nor an array. */
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Returns the string at a path of keys in nested objects. Undefined when a key is absent, or when the value is empty or
 * not a string.
 */
export const textAt = (value: unknown, ...path: string[]): string | undefined => {
  const found = path.reduce<unknown>((current, key) => (isObject(current) ? current[key] : undefined), value);
  return typeof found === 'string' && found !== '' ? found : undefined;
};
