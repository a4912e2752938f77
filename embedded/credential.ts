import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Tells whether a request's Authorization header has the expected text, in a time that says nothing about that text.
 * Digests are compared, because timingSafeEqual requires values of equal length.
 */
export const hasCredential = ({ authorization = '' }: IncomingHttpHeaders, expected: string): boolean =>
  timingSafeEqual(sha256(authorization), sha256(expected));
