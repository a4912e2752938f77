import type { ClientRequest, IncomingMessage } from 'node:http';

/**
 * Returns the response to a request. Every end of the request settles the promise, because a command that waits for
 * nothing would end with exit code 0.
 * @throws the error of the connection, also when the server switches to another protocol with status 101
 */
export const responseTo = (request: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
    request.once('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error('the server switches to another protocol, for which nobody asked'));
    });
    request.once('close', () => reject(new Error('the connection was closed without a response')));
  });
