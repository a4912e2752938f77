/** Tells whether a request to this URL crosses a network unencrypted: plain http to another host than this machine. */
export const isUnencrypted = ({ protocol, hostname }: URL): boolean =>
  protocol !== 'https:' && !/^(localhost|.*\.localhost|127\.[0-9.]+|\[::1\])$/.test(hostname);
