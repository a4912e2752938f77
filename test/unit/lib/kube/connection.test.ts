import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inClusterConnection } from '../../../../lib/kube/connection.ts';
import { kubeFromSettings } from '../../../../lib/kube/from-settings.ts';
import { createTransport, type Transport } from '../../../../lib/kube/transport.ts';
import { type Authority, openAuthority } from '../../../../local/certificates.ts';

let folder: string;
let server: Server;
let transport: Transport;
let logged: unknown[][];
/** Tokens that the API server accepts. */
let accepted: string[];
const authorities: Authority[] = [];

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const serveWith = async (authority: Authority) => {
  const { key, certificate } = await authority.issue('CN=kubernetes', ['localhost', '127.0.0.1']);
  return { key, cert: certificate };
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'in-cluster-'));
  [logged, accepted] = [[], ['first']];
  for (const name of ['a.json', 'b.json']) authorities.push(await openAuthority(join(folder, name)));
  const [authority] = authorities as [Authority, Authority];
  server = createServer(await serveWith(authority), ({ headers }, res) => {
    const isKnown = accepted.some((token) => headers.authorization === `Bearer ${token}`);
    res.writeHead(isKnown ? 200 : 401).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const files = { namespace: 'image-build', token: 'first\n', 'ca.crt': authority.certificate };
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const log = (...line: unknown[]) => void logged.push(line);
  const port = String((server.address() as AddressInfo).port);
  const connection = inClusterConnection({ host: '127.0.0.1', port, log, folder });
  transport = createTransport({ connection, timeoutMs: 5000, attempts: 2, sleep: async () => undefined });
});
afterEach(async () => {
  transport.close();
  authorities.splice(0);
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await rm(folder, { recursive: true });
});

const ask = () => transport.json({ method: 'GET', path: '/version' });

describe('a pod keeps its connection to the API server', () => {
  test('when its token was replaced, and the former is refused', async () => {
    await ask();
    accepted = ['second'];
    await write('token', 'second');
    expect(await ask()).toEqual({});
  });

  test('when the authority of the API server was replaced', async () => {
    await ask();
    const [, next] = authorities as [Authority, Authority];
    server.setSecureContext(await serveWith(next));
    server.closeAllConnections();
    await write('ca.crt', next.certificate);
    expect(await ask()).toEqual({});
    expect(logged).toEqual([]);
  });

  test.each([
    ['token', ''],
    ['ca.crt', ''],
    ['ca.crt', '-----BEGIN CERTIFICATE-----\nMIIB'],
    ['ca.crt', 'no certificate'],
  ])('while the file %s is %j, and the log says so', async (name, text) => {
    await write(name, text);
    server.closeAllConnections();
    accepted = [];
    await expect(ask()).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining('Check its ServiceAccount'),
    });
    accepted = ['first'];
    expect(await ask()).toEqual({});
    expect(logged).toEqual([
      [
        'WARNING',
        'a file can not be used, so its former content stays in use',
        { path: join(folder, name), error: expect.anything() },
      ],
    ]);
  });
});

test('an API server with a certificate of an unknown authority gives 503, and the cause says why', async () => {
  const [, next] = authorities as [Authority, Authority];
  server.setSecureContext(await serveWith(next));
  await expect(ask()).rejects.toMatchObject({
    code: 'unavailable',
    cause: {
      message: expect.stringMatching(/^the certificate of the Kubernetes API server is not signed by an authority/),
    },
  });
});

test('a pod without a token of its ServiceAccount is told to mount it', async () => {
  const settings = { kubeconfig: undefined, kubernetesHost: '10.0.0.1', kubernetesPort: '443', namespace: undefined };
  await expect(kubeFromSettings(settings)).rejects.toThrow(
    /the pod must mount the token of its ServiceAccount \(ENOENT/,
  );
});
