/**
 * Returns the value of Authorization or Proxy-Authorization for a user name and a password.
 * @see https://www.rfc-editor.org/rfc/rfc7617
 */
export const basicCredentials = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
