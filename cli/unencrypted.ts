/** Tells whether a URL leads to this machine, so that requests cross no network. */
export const isThisMachine = ({ hostname }: URL): boolean =>
  /^(localhost|.*\.localhost|127\.[0-9.]+|\[::1\])$/.test(hostname);

/** Tells whether a request to a URL crosses a network unencrypted: plain http to a host other than this machine. */
export const isUnencrypted = (url: URL): boolean => url.protocol !== 'https:' && !isThisMachine(url);
