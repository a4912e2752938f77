/**
 * Returns the scheme, host and port of a URL in one spelling: the letter case of the host, a default port and a dot at
 * the host's end make no difference.
 */
export const canonicalOrigin = ({ protocol, hostname, port }: URL): string =>
  `${protocol}//${hostname.replace(/\.$/, '')}${port === '' ? '' : `:${port}`}`;

/** Tells whether two URLs lead to the same server: scheme, host and port are equal. */
export const isSameOrigin = (one: URL, other: URL): boolean => canonicalOrigin(one) === canonicalOrigin(other);
