/** JSON.stringify writes these as they are, or shorter. */
const longer = /[<>&\u2028\u2029]|\\[bf]/g;
const escapedBytes = 6;

const sizes = new WeakMap<object, number>();

/**
 * What a value takes in etcd, in bytes: the API server is written in Go, whose encoding/json stores `<` as `\u003c`,
 * and so `>`, `&`, U+2028 and U+2029 (https://pkg.go.dev/encoding/json#HTMLEscape).
 */
const storedBytes = (value: object): number => {
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const text = JSON.stringify(value);
  const more = (text.match(longer) ?? []).reduce((sum, found) => sum + escapedBytes - Buffer.byteLength(found), 0);
  const bytes = Buffer.byteLength(text) + more;
  sizes.set(value, bytes);
  return bytes;
};

/** What values that never change take together in etcd, in bytes. */
export const storedSize = (values: readonly object[]): number =>
  values.reduce((sum: number, value) => sum + storedBytes(value), 0);
