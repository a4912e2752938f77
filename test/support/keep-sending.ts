import type { Connection } from './connection.ts';

const part = 'x'.repeat(64 * 1024);
/** Number of parts that are sent before the first byte of the response is read: 4 MiB. */
const firstParts = 64;

/**
 * Sends a body without end over a connection, as fast as the connection takes it, until a JSON response has arrived.
 * Reads nothing before 4 MiB are sent, like a client that sends its whole body before it reads. Returns the response.
 * Rejects when the connection closes before.
 * @param encode makes the bytes that are sent of a part of the body
 */
export const keepSending = async (connection: Connection, encode: (text: string) => string): Promise<string> => {
  const { socket } = connection;
  socket.pause();
  let ended = false;
  const response = connection.receive(/\}$/).finally(() => (ended = true));
  for (let sent = 1; !ended && !socket.destroyed; sent++) {
    if (!socket.write(encode(part), 'latin1'))
      await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    if (sent === firstParts) socket.resume();
  }
  return response;
};
