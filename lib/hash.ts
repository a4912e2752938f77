import { createHash } from 'node:crypto';

/** Returns the SHA-256 of a text in hexadecimal. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Number of hexadecimal digits of a short hash. 32 digits are 128 bits, so nobody finds a second text with the same
 * short hash.
 */
export const shortHashLength = 32;

/** Returns the start of the SHA-256 of a text, as a part of a name that must differ from all other names. */
export const shortHashOf = (text: string): string => hashOf(text).slice(0, shortHashLength);
