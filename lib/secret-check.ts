import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Tells whether a text is one of the expected secrets, in a time that says nothing about a secret. Digests are compared,
 * because timingSafeEqual requires values of equal length.
 */
export const isOneOf = (given: string, secrets: readonly string[]): boolean => {
  const found = digest(given);
  return secrets.filter((secret) => timingSafeEqual(found, digest(secret))).length > 0;
};
