import { once } from 'node:events';
import { connect } from 'node:net';
import { parseJson, type Received } from './response.ts';

/**
 * The response to bytes that a test sent over a TCP connection. The status is 0 if the server closed the connection
 * without a response.
 */
export type RawResponse = Received & { head: string };

const requestLine = (bytes: string | Buffer): string => JSON.stringify(bytes.toString('latin1').split('\r\n', 1)[0]);

/**
 * Parses the bytes of an HTTP response. If an interim response such as 100 Continue comes first, `head` holds only the
 * interim response, and `text` the rest.
 */
const parseResponse = (bytes: string | Buffer, received: string): RawResponse => {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const text = rest.join('\r\n\r\n');
  return { request: requestLine(bytes), status: Number(head.split(' ')[1] ?? 0), head, text, json: parseJson(text) };
};

/**
 * Sends bytes over a TCP connection exactly as given, and reads until the server closes the connection or `until`
 * matches the response.
 */
export const sendRaw = async (url: string, bytes: string | Buffer, until = /\r\n\r\n/): Promise<RawResponse> => {
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
  return parseResponse(bytes, Buffer.concat(chunks).toString('utf8'));
};

/** Sends the beginning of an HTTP request, and then resets the TCP connection. */
export const breakOff = async (url: string, bytes: string): Promise<void> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  socket.resetAndDestroy();
};
