import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
      host: 'healthz.image-build.svc.cluster.local',
    });
  });

  test("sends the certificate's tool with the secret, whatever the client sends", async () => {
    const headers = { 'x-toolforge-tool': 'other', 'x-toolforge-gateway-secret': 'guess' };
    const { received } = await nginx.send({ headers, certificate: await nginx.certificateOf('mine') });
    expect(received).toMatchObject({ 'x-toolforge-tool': 'mine', 'x-toolforge-gateway-secret': 's3cret' });
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
    nginx = await startNginx([
      ['zone=callers:8m rate=50r/s', 'zone=callers:8m rate=1r/m'],
      ['zone=callers burst=1000', 'zone=callers burst=1'],
    ]);
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
