/** Whether what is sent there can be read on the way: it is not encrypted, and leaves this machine. */
export const isReadable = ({ protocol, hostname }: URL): boolean =>
  protocol !== 'https:' && !/^(localhost|.*\.localhost|127\.[0-9.]+|\[::1\])$/.test(hostname);
