/** An object from outside, such as parsed JSON or YAML, whose values are not checked yet. */
export type Fields = Record<string, unknown>;

/** Tells whether a value is an object with keys: neither null nor an array. */
export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Returns the text at a path of keys, or undefined when a part of the path is absent or the value is no text or empty.
 */
export const textAt = (value: unknown, ...path: string[]): string | undefined => {
  const found = path.reduce<unknown>((current, key) => (isObject(current) ? current[key] : undefined), value);
  return typeof found === 'string' && found !== '' ? found : undefined;
};
