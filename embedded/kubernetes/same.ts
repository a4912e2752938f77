import { isDeepStrictEqual } from 'node:util';

/** Whether two values are the same as JSON: the order of keys, prototypes and undefined fields do not count. */
export const sameJson = (one: unknown, other: unknown): boolean => isDeepStrictEqual(plain(one), plain(other));

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
