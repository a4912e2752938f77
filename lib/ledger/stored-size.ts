/**
 * Matches the characters and escapes that take 6 bytes in the JSON of Go's encoding/json, and fewer bytes in the JSON
 * of JSON.stringify.
 */
const escapedByGo = /[<>&\u2028\u2029]|\\[bf]/g;
const escapedBytes = 6;

const sizes = new WeakMap<object, number>();

/**
 * Returns the size of a value in etcd, in bytes. The API server is written in Go, whose encoding/json stores `<`, `>`,
 * `&`, U+2028 and U+2029 as escapes such as `\u003c`.
 * @see https://pkg.go.dev/encoding/json#HTMLEscape
 */
const storedBytes = (value: object): number => {
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  const extra = (text.match(escapedByGo) ?? []).reduce(
    (sum, found) => sum + escapedBytes - Buffer.byteLength(found),
    0,
  );
  const bytes = Buffer.byteLength(text) + extra;
  sizes.set(value, bytes);
  return bytes;
};

/** Returns the size of several values together in etcd, in bytes. Sizes are cached: the values must never change. */
export const storedSize = (values: readonly object[]): number =>
  values.reduce((sum: number, value) => sum + storedBytes(value), 0);
