import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { openAuthority } from '../../local/certificates.ts';
import { openConnection } from '../support/connection.ts';
import { keepSending } from '../support/keep-sending.ts';
import { expectCleanLog, expectCode, expectShape, expectStatus } from './client.ts';
import { parseJson, type Received } from './response.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

type ClientCertificate = { key?: string; cert?: string };

let target: Target;
let certificate: ClientCertificate;
let authority: string;

const decode = (text: string): string => Buffer.from(text, 'base64').toString();

/** Returns the client certificate with a name, and the authority of the gateway. */
const credentialOf = async (name: string): Promise<{ certificate: ClientCertificate; authority: string }> => {
  const config = load(await readFile(await target.toolKubeconfig(name), 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const user = config.users[0]?.user ?? {};
  return {
    certificate: { key: decode(user['client-key-data'] ?? ''), cert: decode(user['client-certificate-data'] ?? '') },
    authority: decode(config.clusters[0]?.cluster['certificate-authority-data'] ?? ''),
  };
};

beforeAll(async () => {
  target = await startTarget();
  ({ certificate, authority } = await credentialOf('gated'));
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
});

/**
 * Sends a request to the API gateway. @param client the client certificate, or an empty object for a client without one
 */
const send = async (
  path: string,
  client: ClientCertificate,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Received> => {
  const sent = request(new URL(path, target.gatewayUrl), { ...client, ca: authority, headers, method, agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  const body = await text(response);
  return { request: `${method} ${path}`, status: response.statusCode, text: body, json: parseJson(body) };
};

/** Opens a connection by TLS to the API gateway, which shows the tool's certificate. */
const openSocket = async (): Promise<TLSSocket> => {
  const socket = connect({
    port: Number(new URL(target.gatewayUrl).port),
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority,
    ...certificate,
  });
  await once(socket, 'secureConnect');
  return socket;
};

/** Sends bytes over TLS to the API gateway exactly as given, and returns the response as text. */
const sendRaw = async (bytes: string): Promise<string> => {
  const socket = await openSocket();
  socket.write(bytes);
  return text(socket);
};

describe('the gateway', () => {
  const quotas = '/builds/v1/tool/gated/quotas';

  test("accepts a tool's certificate for that tool only", async () => {
    expectShape(expectStatus(await send(quotas, certificate), 200).json, 'QuotaResponse');
    expectCode(await send('/builds/v1/tool/other/quotas', certificate), 403, 'forbidden');
  });

  test('forbids everything to a certificate whose name is neither a tool nor a superuser', async () => {
    const unknown = (await credentialOf('service:unknown')).certificate;
    for (const path of [quotas, '/builds/v1/whoami']) expectCode(await send(path, unknown), 403, 'forbidden');
    expectStatus(await send('/builds/v1/healthz', unknown), 200);
  });

  test('accepts a token without a certificate', async () => {
    const authorization = `Bearer ${await target.tokenFor('gated')}`;
    expectStatus(await send(quotas, {}, { authorization }), 200);
    expectStatus(await send('/builds/v1/tool/other/quotas', {}, { authorization }), 403);
  });

  test.each([
    '/builds/v1/healthz',
    '/builds/v1/metrics',
    '/builds/openapi.json',
    '/builds/.well-known/oauth-protected-resource',
  ])('shows %s without a credential', async (path) => void expectStatus(await send(path, {}), 200));

  test('refuses a request without a credential, and a certificate of another authority', async () => {
    expectCode(await send(quotas, {}), 403, 'forbidden');
    const folder = await mkdtemp(join(tmpdir(), 'foreign-'));
    const foreign = await (await openAuthority(join(folder, 'authority.json'))).issue('O=toolforge,CN=gated');
    await rm(folder, { recursive: true });
    const stranger = { key: foreign.key, cert: foreign.certificate };
    expectCode(await send(quotas, stranger), 403, 'forbidden');
  });

  test.each([
    [{ 'X-Toolforge-Tool': 'other' }],
    [{ 'x-toolforge-tool': 'other', 'x-toolforge-gateway-secret': 'x' }],
    [{ X_Toolforge_Tool: 'other' }],
    [{ connection: 'x-toolforge-tool' }],
  ])('does not pass on the headers %j', async (headers) => {
    expectStatus(await send('/builds/v1/tool/other/quotas', certificate, headers), 403);
    expectStatus(await send(quotas, certificate, headers), 200);
    expectStatus(await send(quotas, {}, headers), 403);
  });

  test.each([
    ['two tool headers', 'X-Toolforge-Tool: other\r\nX-Toolforge-Tool: gated\r\n'],
    ['a folded header', 'X-A: b\r\n X-Toolforge-Tool: other\r\n'],
    ['a bare carriage return', 'X-A: b\rX-Toolforge-Tool: other\r\n'],
    ['trailers', 'Transfer-Encoding: chunked\r\nTrailer: X-Toolforge-Tool\r\n'],
  ])('gives no access to another tool for %s', async (_, headers) => {
    const body = headers.startsWith('Transfer') ? '0\r\nX-Toolforge-Tool: other\r\n\r\n' : '';
    const received = await sendRaw(
      `GET /builds/v1/tool/other/quotas HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n${body}`,
    );
    expect(received).toMatch(/^HTTP\/1.1 (403|400) /);
  });

  // Knative would respond to some of these headers itself, or exempt the request from its limits.
  test.each([
    [{ 'K-Network-Probe': 'queue' }],
    [{ 'K-Network-Probe': 'activator' }],
    [{ 'K-Kubelet-Probe': 'queue', 'K-Proxy-Request': 'activator' }],
    [{ 'user-agent': 'kube-probe/1.34' }],
    [{ 'user-agent': 'Knative-Ingress-Probe', 'K-Network-Hash': 'override' }],
    [{ 'Knative-Serving-Revision': 'other', 'Knative-Serving-Namespace': 'other', 'Knative-Serving-Tag': 'other' }],
  ])('responds to a request with the headers %j as to any other request', async (headers) => {
    expectShape(expectStatus(await send(quotas, certificate, headers), 200).json, 'QuotaResponse');
    expectCode(await send('/builds/v1/tool/other/quotas', certificate, headers), 403, 'forbidden');
  });

  const changes = [
    ['POST', '/builds/v1/tool/gated/builds'],
    ['POST', '/builds/v1/tool/gated/clean'],
    ['PUT', '/builds/v1/tool/gated/builds/no-such-build/cancel'],
    ['DELETE', '/builds/v1/tool/gated/builds/no-such-build'],
  ] as const;

  test.each(changes)('refuses %s %s of another site to a browser that shows a certificate', async (method, path) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const byPage = { origin: 'https://evil.example' };
    for (const headers of [byPage, { ...byPage, 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])
      expectCode(await send(path, certificate, { ...headers, ...form }, method), 403, 'cross_site');
    expectCode(await send(path, certificate, form, method), 415, 'media_type_unsupported');
  });

  test('lets a page of its own origin, and a client that is no browser, change something', async () => {
    const [method, path] = changes[2];
    const { origin } = new URL(target.gatewayUrl);
    for (const headers of [{}, { origin }, { origin, 'sec-fetch-site': 'same-origin' }])
      expectCode(await send(path, certificate, headers, method), 404, 'build_not_found');
  });

  test.each([
    ['with a length', 'Content-Length: 1073741824', (text: string) => text],
    ['in chunks', 'Transfer-Encoding: chunked', (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`],
  ])('lets a client that goes on sending read that its body is too large (%s)', async (_, header, encode) => {
    const connection = openConnection(await openSocket());
    connection.send(`POST /builds/v1/tool/gated/builds HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
    expect(await keepSending(connection, encode)).toMatch(/^HTTP\/1.1 413 [\s\S]*body_too_large/);
    connection.socket.destroy();
  });

  test('serves the API with and without the prefix /builds', async () => {
    expectStatus(await send('/v1/tool/gated/quotas', certificate), 200);
    expectStatus(await send('/v1/tool/gated/quotas', {}), 403);
    expectStatus(await send('/openapi.json', {}), 200);
  });

  test.each([
    '/',
    '/builds',
    '/builds/issuer/jwks',
    '/builds/v2/_catalog',
    '/issuer/jwks',
    '/v2/_catalog',
    '/builds/events/sweep',
  ])('responds to %s with 404', async (path) => void expectStatus(await send(path, certificate), 404));

  test.each(['..', '%2e%2e', '.', '%2F', 'other.notthistool', '%zz', '%00', '\\', 'a#b', 'service:components-api'])(
    "refuses the path of the tool %s with 403, as any other tool's",
    async (tool) => {
      for (const end of ['builds', 'builds/latest', 'quotas']) {
        const received = await sendRaw(
          `GET /builds/v1/tool/${tool}/${end} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        );
        expect(received).toMatch(/^HTTP\/1.1 403 [\s\S]*"forbidden"/);
      }
    },
  );

  test.each([
    '/builds/../v1/tool/other/quotas',
    '/builds/%2e%2e/v1/tool/other/quotas',
    '/builds//v1/tool/other/quotas',
    '/builds/v1/tool/gated/../other/quotas',
  ])('does not give access to another tool by the path %s', async (path) => {
    const received = await sendRaw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(received).toMatch(/^HTTP\/1.1 (403|404) /);
  });
});
