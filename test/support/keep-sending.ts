import type { Socket } from 'node:net';
import type { Connection } from './connection.ts';

const part = 'x'.repeat(64 * 1024);
/** Number of parts that are sent before the first byte of the response is read: 4 MiB. */
const firstParts = 64;

/** Waits until a socket takes more bytes, or is closed. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const go = (): void => {
      socket.off('drain', go).off('close', go);
      resolve();
    };
    socket.on('drain', go).on('close', go);
  });

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
    if (!socket.write(encode(part), 'latin1')) await drained(socket);
    if (sent === firstParts) socket.resume();
  }
  return response;
};
