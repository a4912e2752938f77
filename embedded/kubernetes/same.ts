import { isDeepStrictEqual } from 'node:util';

/** Tells whether two values are equal as JSON. The order of keys, prototypes and undefined fields do not count. */
export const sameJson = (one: unknown, other: unknown): boolean => isDeepStrictEqual(plain(one), plain(other));

const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
