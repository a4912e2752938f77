import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * A fault of the API server, which handles one request instead of the API server. `pass` hands the request on to the
 * API server.
 */
export type Fault = (req: IncomingMessage, res: ServerResponse, pass: () => void) => void;

/**
 * A fault of the API server for the first request for which `matches` returns true. Without `matches`, the next request
 * meets the fault.
 */
export type PlannedFault = { fault: Fault; matches?: (req: IncomingMessage) => boolean };

/** Returns a fault of the API server that responds to a request with a given status and body. */
export const respondWith =
  (status: number, body = '{}', headers: Record<string, string> = {}): Fault =>
  (_, res) =>
    void res.writeHead(status, headers).end(body);

/** A fault of the API server that closes the connection without a response. */
export const closeConnection: Fault = (req) => void req.socket.destroy();

/** Makes the fake API server accept a request and never respond to it. */
export const stall: Fault = () => {};

const limitBody =
  (bytes: number, finish: (res: ServerResponse, end: () => void) => void): Fault =>
  (_, res, pass) => {
    const [writeHead, write, end] = [res.writeHead.bind(res), res.write.bind(res), res.end.bind(res)];
    let left = bytes;
    const finishOnce = () => {
      left = 0;
      finish(res, () => void end());
    };
    const send = (chunk: Buffer | string): boolean => {
      if (left <= 0) return true;
      const part = Buffer.from(chunk).subarray(0, Math.min(left, 2 ** 30));
      left -= part.length;
      const mayGoOn = write(part);
      if (left <= 0) finishOnce();
      return mayGoOn;
    };
    const changed = {
      writeHead: (...words: Parameters<typeof writeHead>) => {
        if (left <= 0) setImmediate(finishOnce);
        return writeHead(...words);
      },
      write: send,
      end: (chunk?: Buffer | string) => {
        if (chunk !== undefined) send(chunk);
        if (left > 0) finishOnce();
        return res;
      },
    };
    Object.assign(res, changed);
    pass();
  };

/**
 * Returns a fault of the API server that sends the first `bytes` bytes of the response's body, or all of a shorter
 * body, and then breaks the connection.
 */
export const cutAfter = (bytes: number): Fault => limitBody(bytes, (res) => void res.destroy());

/**
 * Returns a fault of the API server that sends the first `bytes` bytes of the response's body, and then ends the
 * response as if it were complete.
 */
export const endAfter = (bytes: number): Fault => limitBody(bytes, (_, end) => end());

/** Plans a fault for the next request for a pod's log that does not ask for the last lines only (tailLines). */
export const onLogStream = (fault: Fault): PlannedFault => ({
  fault,
  matches: ({ url = '' }) => /\/log\?/.test(url) && !url.includes('tailLines='),
});

/**
 * Returns the first planned fault that matches a request, and removes the fault from the list. Returns undefined when
 * no fault matches.
 */
export const takeFault = (planned: PlannedFault[], req: IncomingMessage): Fault | undefined => {
  const at = planned.findIndex(({ matches }) => matches?.(req) ?? true);
  return at < 0 ? undefined : planned.splice(at, 1)[0]?.fault;
};
