import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Makes a function that tells whether a text is the expected secret, in a time that says nothing about the secret.
 * Digests are compared, because timingSafeEqual requires values of equal length.
 */
export const createSecretCheck = (secret: string): ((given: string) => boolean) => {
  const expected = digest(secret);
  return (given) => timingSafeEqual(digest(given), expected);
};
