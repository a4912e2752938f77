import type { Socket } from 'node:net';

/** A connection on which a test sends bytes exactly as given. */
export type Connection = {
  socket: Socket;
  send(bytes: string): void;
  /**
   * Waits until the received text matches a pattern, and returns the text. Rejects when the connection closes before.
   */
  receive(pattern: RegExp): Promise<string>;
  /** Resolves with the received text when the connection is closed, by whichever side. */
  closed: Promise<string>;
};

/** Makes a Connection of a socket, which need not be connected yet. Errors of the socket only close the connection. */
export const openConnection = (socket: Socket): Connection => {
  let received = '';
  socket.on('error', () => undefined);
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  return {
    socket,
    closed,
    send: (bytes) => void socket.write(bytes, 'latin1'),
    receive: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => void (pattern.test(received) && resolve(received));
        socket.on('data', check);
        void closed.then(() => reject(new Error(`The connection was closed. It had received: ${received}`)));
        check();
      }),
  };
};
