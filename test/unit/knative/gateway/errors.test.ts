import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Connection } from '../../../support/connection.ts';
import { type Nginx, nginxFolder, startNginx } from './nginx.ts';

const describeNginx = nginxFolder ? describe : describe.skip;

describeNginx("an error of the gateway's nginx", () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx({ listener: (req, res) => void res.end(JSON.stringify({ received: req.url })) });
  });
  afterAll(() => nginx.close());

  /** Sends bytes as a tool, and returns the status, the head and the body of the response. */
  const send = async (connection: Connection, bytes: string) => {
    connection.send(bytes);
    const text = await connection.receive(/\r\n\r\n[\s\S]*\}$/);
    connection.socket.destroy();
    const [head = '', body = ''] = text.split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) };
  };
  const sendAsTool = async (bytes: string) => send(await nginx.open(await nginx.certificateOf('mine')), bytes);
  const end = 'Host: x\r\nConnection: close\r\n\r\n';
  const healthz = '/builds/v1/healthz';

  test.each<[string, string, number, string, string]>([
    ['the method TRACE', `TRACE ${healthz} HTTP/1.1\r\n${end}`, 405, 'method_not_allowed', 'does not know this method'],
    [
      'the method CONNECT',
      `CONNECT ${healthz} HTTP/1.1\r\n${end}`,
      405,
      'method_not_allowed',
      'does not know this method',
    ],
    ['a method in lower case', `get ${healthz} HTTP/1.1\r\n${end}`, 400, 'parameter_invalid', 'malformed'],
    ['a path above the root', `GET /../x HTTP/1.1\r\n${end}`, 400, 'parameter_invalid', 'malformed'],
    [
      'a percent sign that encodes nothing',
      `GET /builds/%zz HTTP/1.1\r\n${end}`,
      400,
      'parameter_invalid',
      'malformed',
    ],
    ['a fragment in a query', `GET ${healthz}?x#y HTTP/1.1\r\n${end}`, 400, 'parameter_invalid', 'malformed'],
    ['no header Host', `GET ${healthz} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, 'parameter_invalid', 'malformed'],
    ['a path of the gateway itself', `GET /.large HTTP/1.1\r\n${end}`, 404, 'not_found', 'no such path'],
    ['an unknown path', `GET /builds/nowhere HTTP/1.1\r\n${end}`, 404, 'not_found', 'no such path'],
    ['an address of 33 KiB', `GET /${'x'.repeat(33_792)} HTTP/1.1\r\n${end}`, 414, 'parameter_invalid', '32768 bytes'],
    [
      'a header of 33 KiB',
      `GET ${healthz} HTTP/1.1\r\nX-Y: ${'x'.repeat(33_792)}\r\n${end}`,
      431,
      'parameter_invalid',
      '32768 bytes',
    ],
    [
      'five headers of 31 KiB',
      `GET ${healthz} HTTP/1.1\r\n${`X-Y: ${'x'.repeat(31_744)}\r\n`.repeat(5)}${end}`,
      431,
      'parameter_invalid',
      '131072',
    ],
    ['a later version of HTTP', `GET ${healthz} HTTP/2.1\r\n${end}`, 505, 'parameter_invalid', 'HTTP/1.1'],
    [
      'an unknown transfer coding',
      `POST ${healthz} HTTP/1.1\r\nTransfer-Encoding: gzip\r\n${end}`,
      501,
      'parameter_invalid',
      'in chunks',
    ],
    [
      'a method that is unknown, with a large body',
      `TRACE ${healthz} HTTP/1.1\r\nContent-Length: 1000000\r\n${end}`,
      405,
      'method_not_allowed',
      'does not know this method',
    ],
  ])('for %s is JSON with a sentence and a code', async (_, bytes, status, code, sentence) => {
    const response = await sendAsTool(bytes);
    expect(response).toMatchObject({ status, body: { code, error: [expect.stringContaining(sentence)] } });
    expect(response.head).toContain('Content-Type: application/json');
    if (status === 405) expect(response.head).toContain('Allow: GET, HEAD, POST, PUT, DELETE');
  });

  test('for a request without TLS is JSON that says how to call the gateway', async () => {
    const response = await send(await nginx.openPlain(), `GET ${healthz} HTTP/1.1\r\n${end}`);
    expect(response).toMatchObject({ status: 400, body: { error: [expect.stringContaining('https://')] } });
    expect(response.head).toContain('Content-Type: application/json');
  });

  test.each(['%', '%z', '%4', '%zz', '%00', 'mine%', 'mine%00', 'a%zz%20', '#', 'mine#'])(
    'for a path of the tool %s is 403, as for any other tool that is not the own',
    async (tool) => {
      for (const mount of ['', '/builds']) {
        const response = await sendAsTool(`GET ${mount}/v1/tool/${tool}/builds?x=1 HTTP/1.1\r\n${end}`);
        expect(response).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      }
    },
  );

  test('for a path of the own tool with another error is 400', async () => {
    const path = '/builds/v1/tool/mine/builds';
    for (const request of [
      `GET ${path}/%zz HTTP/1.1\r\n`,
      `GET ${path}/x#y HTTP/1.1\r\n`,
      `GET ${path} HTTP/1.1\r\nHost: y\r\n`,
    ])
      expect(await sendAsTool(request + end)).toMatchObject({ status: 400, body: { code: 'parameter_invalid' } });
  });

  test.each(['..', '.', '%2e%2e', '%2E.', '%2F', '%5c', '\\', '~', '*', 'a;b', '%C3%A4', '%20', '%25', '%3F', '%252e'])(
    'is none for a path of the tool %s, which a function refuses',
    async (tool) => {
      const path = `/builds/v1/tool/${tool}/builds`;
      expect((await sendAsTool(`GET ${path} HTTP/1.1\r\n${end}`)).body).toEqual({ received: path });
    },
  );
});
