import { isDeepStrictEqual } from 'node:util';

/** Whether two values are the same as JSON: the order of keys, prototypes and undefined fields do not count. */
export function sameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
