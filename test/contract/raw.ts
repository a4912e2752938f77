import { once } from 'node:events';
import { connect } from 'node:net';

export type RawAnswer = { status: number; head: string; body: string };

/** Sends bytes as they are and reads until the server closes the connection or has answered and `until` holds. */
export const sendRaw = async (url: string, bytes: string | Buffer, until = /\r\n\r\n/): Promise<RawAnswer> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  const chunks: Buffer[] = [];
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (until.test(Buffer.concat(chunks).toString('latin1'))) resolve();
    });
    socket.on('close', () => resolve());
  });
  socket.write(bytes);
  await done;
  socket.destroy();
  const [head = '', ...rest] = Buffer.concat(chunks).toString('utf8').split('\r\n\r\n');
  return { status: Number(head.split(' ')[1] ?? 0), head, body: rest.join('\r\n\r\n') };
};

/** Sends the beginning of a request and goes away. */
export const breakOff = async (url: string, bytes: string): Promise<void> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  socket.resetAndDestroy();
};
