import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type KeyAndCertificate, openAuthority } from '../../../../local/certificates.ts';
import { otherSpellings, withOtherSignature } from '../../../support/auth/spellings.ts';
import { newToken } from '../../../support/auth/tokens.ts';
import { type Nginx, nginxFolder, startNginx } from './nginx.ts';

const describeNginx = nginxFolder ? describe : describe.skip;

describeNginx("the gateway's nginx", () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx();
  });
  afterAll(() => nginx.close());

  const internalHeaders = [
    'K-Network-Probe',
    'K-Network-Hash',
    'K-Kubelet-Probe',
    'K-Proxy-Request',
    'K-Passthrough-Lb',
    'K-Original-Host',
    'K-Anything-New',
    'k-network-probe',
    'Kn-Namespace',
    'Knative-Serving-Revision',
    'Knative-Serving-Namespace',
    'Knative-Serving-Tag',
    'Knative-Anything-New',
    'X-Envoy-Retry-On',
    'X-Envoy-Max-Retries',
    'X-Envoy-Anything-New',
    'Forwarded',
    'X-Forwarded-Port',
    'X-Original-Url',
    'X-Toolforge-Tool',
    'X-Toolforge-Gateway-Secret',
    'X-Toolforge-Anything-New',
    'Ce-Type',
  ];

  test.each(internalHeaders)('removes the header %s of a client', async (name) => {
    for (const value of ['x', ['x', 'y']]) {
      const { status, received } = await nginx.send({ headers: { [name]: value, 'x-kept': 'yes' } });
      expect(status).toBe(200);
      expect(received).toMatchObject({ 'x-kept': 'yes' });
      expect(received).not.toHaveProperty(name.toLowerCase());
    }
  });

  test.each(['kube-probe/1.34', 'Kube-Probe/1', 'Knative-Ingress-Probe', 'knative-activator-probe'])(
    'removes the User-Agent %s',
    async (agent) => {
      const { received } = await nginx.send({ headers: { 'user-agent': agent } });
      expect(received).not.toHaveProperty('user-agent');
    },
  );

  test('passes on the headers that functions read, also an empty one', async () => {
    const headers = {
      accept: 'text/event-stream',
      'accept-encoding': 'gzip',
      authorization: 'Bearer a.b.c',
      'content-type': 'application/json',
      'idempotency-key': '',
      'last-event-id': '7',
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
      'user-agent': 'curl/8',
    };
    expect((await nginx.send({ headers })).received).toMatchObject(headers);
  });

  test('tells a function the host that the client called, and no other', async () => {
    const headers = { host: 'api.example.org', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http' };
    const { received } = await nginx.send({ headers: { ...headers, 'x-forwarded-for': '10.0.0.1' } });
    expect(received).toMatchObject({
      'x-forwarded-host': 'api.example.org',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '127.0.0.1',
      host: 'healthz.image-build.svc',
    });
  });

  test("sends the certificate's tool with the secret, whatever the client sends", async () => {
    const headers = { 'x-toolforge-tool': 'other', 'x-toolforge-gateway-secret': 'guess' };
    const { received } = await nginx.send({ headers, certificate: await nginx.certificateOf('mine') });
    expect(received).toMatchObject({ 'x-toolforge-tool': 'mine', 'x-toolforge-gateway-secret': 's3cret' });
  });

  test('sends the name of a superuser, which has a colon', async () => {
    const certificate = await nginx.certificateOf('service:components-api');
    expect((await nginx.send({ certificate })).received).toMatchObject({
      'x-toolforge-tool': 'service:components-api',
    });
  });

  test('tells its second container of each request, by operation', async () => {
    const certificate = await nginx.certificateOf('mine');
    await nginx.send({ path: '/builds/v1/tool/mine/builds?x=list', certificate });
    await nginx.send({ path: '/v1/tool/mine/builds/latest/logs', certificate });
    await nginx.send({ path: '/builds/nowhere' });
    const counts = [
      'operation="list",method="GET",code="200"} 1',
      'operation="logs",method="GET",code="200"} 1',
      'operation="",method="GET",code="404"} 1',
    ];
    // The lines arrive by UDP, after the responses.
    let text = '';
    while (!counts.every((count) => text.includes(`builds_api_requests_total{${count}`))) text = await nginx.metrics();
  });

  test('refuses two Authorization headers', async () => {
    const headers = { authorization: ['Bearer a.b.c', 'Bearer d.e.f'] };
    expect((await nginx.send({ headers })).status).toBe(400);
  });
});

describeNginx("the gateway's limit of a caller", () => {
  let nginx: Nginx;
  // Two requests may pass at once, and the next one after a minute.
  beforeAll(async () => {
    nginx = await startNginx({
      changes: [
        ['zone=callers:8m rate=50r/s', 'zone=callers:8m rate=1r/m'],
        ['zone=callers burst=1000', 'zone=callers burst=1'],
      ],
    });
  });
  afterAll(() => nginx.close());

  const statusOf = async (authorization: string): Promise<number> =>
    (await nginx.send({ headers: { authorization } })).status;

  test('counts a token together with its other spellings and signatures', async () => {
    const [token, other] = [await newToken(), await newToken()];
    expect(await statusOf(`Bearer ${token}`)).toBe(200);
    expect(await statusOf(`bearer ${withOtherSignature(token)}`)).toBe(200);
    const spellings = Object.values(otherSpellings(token)).filter((spelling) => !spelling.includes('=.'));
    for (const spelling of [token, withOtherSignature(token), ...spellings])
      expect(await statusOf(`Bearer ${spelling}`)).toBe(429);
    expect(await statusOf(`Bearer ${other}`)).toBe(200);
  });

  test("counts a tool's certificates together, also with other tokens", async () => {
    const send = async (token: string) =>
      (
        await nginx.send({
          headers: { authorization: `Bearer ${token}` },
          certificate: await nginx.certificateOf('mine'),
        })
      ).status;
    expect([await send('a'), await send('b'), await send('c')]).toEqual([200, 200, 429]);
  });
});

describeNginx('the gateway behind the API gateway', () => {
  const path = '/builds/v1/tool/mine/builds';
  let nginx: Nginx;
  let certificate: KeyAndCertificate;
  beforeAll(async () => {
    nginx = await startNginx({ environment: { CALLERS: 'api-gateway' } });
    certificate = await nginx.issue('CN=api-gateway');
  });
  afterAll(() => nginx.close());

  test.each(['mine', 'service:components-api'])('passes on the name %s with the secret', async (tool) => {
    const { status, received } = await nginx.send({ path, certificate, headers: { 'x-toolforge-tool': tool } });
    expect(status).toBe(200);
    expect(received).toMatchObject({ 'x-toolforge-tool': tool, 'x-toolforge-gateway-secret': 's3cret' });
  });

  test('tells a function the host that the client called', async () => {
    const headers = { 'x-toolforge-tool': 'mine', 'x-forwarded-host': 'api.example.org' };
    const { received } = await nginx.send({ path, certificate, headers });
    expect(received).toMatchObject({ 'x-forwarded-host': 'api.example.org' });
  });

  test.each(['Mine', 'mine, other', '-mine', 'mi/ne', ''])('believes no header with the name “%s”', async (tool) => {
    expect((await nginx.send({ path, certificate, headers: { 'x-toolforge-tool': tool } })).status).toBe(403);
  });

  test('answers open paths without a tool, and refuses others', async () => {
    expect(await nginx.send({ certificate })).toMatchObject({ status: 200 });
    expect((await nginx.send({ path, certificate })).status).toBe(403);
  });

  test.each([path, '/builds/v1/healthz'])('refuses a caller without a certificate at %s', async (path) => {
    const { status, received } = await nginx.send({ path, headers: { 'x-toolforge-tool': 'mine' } });
    expect(status).toBe(403);
    expect(received).toMatchObject({ error: [expect.stringContaining('Only the API gateway may call')] });
  });

  test('refuses a certificate of another authority', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'authority-'));
    try {
      const stranger = await openAuthority(join(folder, 'authority.json'));
      const headers = { 'x-toolforge-tool': 'mine' };
      const response = await nginx.send({ path, certificate: await stranger.issue('CN=api-gateway'), headers });
      expect(response).toMatchObject({
        status: 403,
        received: { error: [expect.stringMatching(/is refused: .*own client/)] },
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describeNginx('the gateway behind an API gateway whose subject is known', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx({ environment: { CALLERS: 'api-gateway', API_GATEWAY_SUBJECT: 'CN=api-gateway' } });
  });
  afterAll(() => nginx.close());

  test('believes no other certificate of the same authority', async () => {
    const send = async (subject: string) => {
      const headers = { 'x-toolforge-tool': 'mine' };
      const certificate = await nginx.issue(subject);
      return (await nginx.send({ path: '/builds/v1/tool/mine/builds', certificate, headers })).status;
    };
    expect([await send('CN=api-gateway'), await send('CN=jobs-api'), await send('CN=api-gateway-2')]).toEqual([
      200, 403, 403,
    ]);
  });
});

describeNginx('the start of the gateway', () => {
  test.each([
    [{ CALLERS: 'everybody' }, 'CALLERS must be tools or api-gateway'],
    [{ NAMESPACE: 'a b' }, 'NAMESPACE must be the namespace of the functions'],
    [{ API_GATEWAY_SUBJECT: 'CN="x"' }, 'API_GATEWAY_SUBJECT must not contain'],
  ])('refuses %j, and says why', async (environment, problem) => {
    await expect(startNginx({ environment })).rejects.toThrow(problem);
  });
});
