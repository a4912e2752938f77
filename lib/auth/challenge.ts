/**
 * Returns the header WWW-Authenticate for the response to a request without sufficient credentials.
 * @param error an error code of RFC 6750, only for a request with a credential
 * @param scope the scope that the token lacks
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export const challenge = (error?: string, scope?: string): Record<string, string> => {
  const details = [error && `, error="${error}"`, scope && `, scope="${scope}"`].filter(Boolean).join('');
  return { 'www-authenticate': `Bearer realm="builds"${details}` };
};
