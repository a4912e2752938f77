/** Tells whether a request to a URL crosses a network unencrypted: plain http to a host other than this machine. */
export const isUnencrypted = ({ protocol, hostname }: URL): boolean =>
  protocol !== 'https:' && !/^(localhost|.*\.localhost|127\.[0-9.]+|\[::1\])$/.test(hostname);
