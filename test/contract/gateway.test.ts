import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { openAuthority } from '../../local/certificates.ts';
import { expectCleanLog, expectShape } from './client.ts';
import { patience, startTarget, type Target } from './target.ts';

type Identity = { key?: string; cert?: string };
type Answer = { status: number; json: Record<string, unknown> };

let target: Target;
let tool: Identity;
let authority: string;

const decode = (text: string): string => Buffer.from(text, 'base64').toString();

beforeAll(async () => {
  target = await startTarget();
  const config = load(await readFile(await target.toolKubeconfig('gated'), 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const user = config.users[0]?.user ?? {};
  tool = { key: decode(user['client-key-data'] ?? ''), cert: decode(user['client-certificate-data'] ?? '') };
  authority = decode(config.clusters[0]?.cluster['certificate-authority-data'] ?? '');
}, patience);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
});

const ask = async (path: string, who: Identity, headers: Record<string, string> = {}): Promise<Answer> => {
  const sent = request(new URL(path, target.gatewayUrl), { ...who, ca: authority, headers, agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode, json: JSON.parse(Buffer.concat(parts).toString()) };
};

/** Bytes over TLS as they are. */
const askRaw = async (bytes: string): Promise<string> => {
  const socket = connect({
    port: Number(new URL(target.gatewayUrl).port),
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority,
    ...tool,
  });
  await once(socket, 'secureConnect');
  socket.write(bytes);
  let text = '';
  for await (const part of socket) text += part;
  return text;
};

describe('the gateway', () => {
  const quotas = '/builds/v1/tool/gated/quotas';

  test('lets a tool in with its certificate, for itself only', async () => {
    const own = await ask(quotas, tool);
    expect(own.status).toBe(200);
    expectShape(own.json, 'QuotaResponse');
    expect(await ask('/builds/v1/tool/other/quotas', tool)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });

  test('takes a token as well', async () => {
    const authorization = `Bearer ${await target.tokenFor('gated')}`;
    expect((await ask(quotas, {}, { authorization })).status).toBe(200);
    expect((await ask('/builds/v1/tool/other/quotas', {}, { authorization })).status).toBe(403);
  });

  test.each(['/builds/v1/healthz', '/builds/openapi.json', '/builds/.well-known/oauth-protected-resource'])(
    'shows %s to anybody',
    async (path) => expect((await ask(path, {})).status).toBe(200),
  );

  test('refuses who shows nothing, and who shows a certificate of another authority', async () => {
    expect(await ask(quotas, {})).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    const folder = await mkdtemp(join(tmpdir(), 'foreign-'));
    const foreign = await (await openAuthority(join(folder, 'authority.json'))).issue('O=toolforge,CN=gated');
    await rm(folder, { recursive: true });
    const stranger = { key: foreign.key, cert: foreign.certificate };
    expect(await ask(quotas, stranger)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });

  test.each([
    [{ 'X-Toolforge-Tool': 'other' }],
    [{ 'x-toolforge-tool': 'other', 'x-toolforge-gateway-secret': 'x' }],
    [{ X_Toolforge_Tool: 'other' }],
    [{ connection: 'x-toolforge-tool' }],
  ])('does not pass on %j', async (headers) => {
    expect((await ask('/builds/v1/tool/other/quotas', tool, headers)).status).toBe(403);
    expect((await ask(quotas, tool, headers)).status).toBe(200);
    expect((await ask(quotas, {}, headers)).status).toBe(403);
  });

  test.each([
    ['two tool headers', 'X-Toolforge-Tool: other\r\nX-Toolforge-Tool: gated\r\n'],
    ['a folded header', 'X-A: b\r\n X-Toolforge-Tool: other\r\n'],
    ['a bare carriage return', 'X-A: b\rX-Toolforge-Tool: other\r\n'],
    ['trailers', 'Transfer-Encoding: chunked\r\nTrailer: X-Toolforge-Tool\r\n'],
  ])('%s give no other tool', async (_, headers) => {
    const body = headers.startsWith('Transfer') ? '0\r\nX-Toolforge-Tool: other\r\n\r\n' : '';
    const text = await askRaw(
      `GET /builds/v1/tool/other/quotas HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n${body}`,
    );
    expect(text).toMatch(/^HTTP\/1.1 (403|400) /);
  });

  test('has the API with and without its prefix', async () => {
    expect((await ask('/v1/tool/gated/quotas', tool)).status).toBe(200);
    expect((await ask('/v1/tool/gated/quotas', {})).status).toBe(403);
    expect((await ask('/openapi.json', {})).status).toBe(200);
  });

  test.each([
    '/',
    '/builds',
    '/builds/issuer/jwks',
    '/builds/v2/_catalog',
    '/issuer/jwks',
    '/v2/_catalog',
    '/builds/events/sweep',
  ])('has nothing at %s', async (path) => expect((await ask(path, tool)).status).toBe(404));

  test.each([
    '/builds/../v1/tool/other/quotas',
    '/builds/%2e%2e/v1/tool/other/quotas',
    '/builds//v1/tool/other/quotas',
    '/builds/v1/tool/gated/../other/quotas',
  ])('does not lead astray by %s', async (path) => {
    const text = await askRaw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 (403|404) /);
  });
});
