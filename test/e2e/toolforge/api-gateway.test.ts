import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../service/service.ts';
import { backendName, backendNames, writeServerSecret } from './backend.ts';
import { openStandIn, type StandIn } from './stand-in.ts';

let standIn: StandIn;
beforeAll(async () => {
  standIn = await openStandIn();
});
afterAll(() => standIn.gateway.close());

const list = '/builds/v1/tool/somebody/builds';
const subject = 'CN=api-gateway';
const direct = '/v1/tool/somebody/builds';
const named = { headers: { 'x-toolforge-tool': 'somebody' } };

test.each(['/builds/openapi.json', '/builds/v1/healthz', '/builds/v1/metrics'])(
  'through the API gateway, %s responds without a certificate',
  async (path) => {
    const client = await standIn.gateway.client(undefined);
    expect(await client.call('GET', path)).toMatchObject({ status: 200 });
  },
);

test('through the API gateway, a tool sees its own builds, and no builds of a tool whose name has a dot', async () => {
  const client = await standIn.gateway.client('somebody');
  expect(await client.call('GET', list)).toMatchObject({ status: 200, json: { builds: [] } });
  expect((await client.call('GET', `${list}/`)).status).toBe(200);
  for (const other of ['somebody.notthistool', 'other', 'some%62ody.x'])
    expect((await client.call('GET', `/builds/v1/tool/${other}/builds`)).status).toBe(403);
  expect((await (await standIn.gateway.client(undefined)).call('GET', list)).status).toBe(403);
});

test("the API gateway's header decides who a caller is, and a client's own header does not", async () => {
  const client = await standIn.gateway.client('somebody');
  const headers = { 'x-toolforge-tool': 'other', 'x-toolforge-gateway-secret': 'guess' };
  expect((await client.call('GET', list, { headers })).status).toBe(200);
  expect((await client.call('GET', '/builds/v1/tool/other/builds', { headers })).status).toBe(403);
});

test('a superuser of the API gateway acts for a tool only where the service knows the superuser too', async () => {
  const components = await standIn.gateway.client('service:components-api');
  expect(await components.call('GET', list)).toMatchObject({ status: 200, json: { builds: [] } });
  const unknown = await standIn.gateway.client('service:unknown');
  expect(await unknown.call('GET', list)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
});

test("the service itself refuses another tool's path", async () => {
  const client = await standIn.direct(subject, standIn.backendAuthority);
  expect((await client.call('GET', direct, named)).status).toBe(200);
  for (const other of [
    'somebody.notthistool',
    'other',
    'some%62ody.x',
    'Some%20Body',
    '%2e%2e',
    '%zz',
    'service:components-api',
  ])
    expect((await client.call('GET', `/v1/tool/${other}/builds`, named)).status).toBe(403);
});

test('the service refuses a caller whose certificate is not that of the API gateway', async () => {
  const refused = { status: 403, json: { code: 'forbidden' } };
  const without = await standIn.direct(undefined, standIn.backendAuthority);
  expect(await without.call('GET', direct, named)).toMatchObject(refused);
  const stranger = await standIn.direct(subject, await standIn.otherAuthority());
  expect(await stranger.call('GET', direct, named)).toMatchObject(refused);
  const backend = await standIn.direct('CN=jobs-api', standIn.backendAuthority);
  expect(await backend.call('GET', direct, named)).toMatchObject(refused);
});

test("the service's certificate has the Service's name, with and without the cluster's domain", async () => {
  // The stand-in calls the name with the domain, and the direct client expects the name without the domain.
  const [short, long] = await backendNames(standIn.namespace);
  expect(long?.startsWith(`${short}.`)).toBe(true);
  const client = await standIn.direct(subject, standIn.backendAuthority);
  expect((await client.call('GET', '/v1/healthz')).status).toBe(200);
  expect((await (await standIn.gateway.client(undefined)).call('GET', '/builds/v1/healthz')).status).toBe(200);
});

const restartsOf = ({ namespace }: StandIn): Promise<string> =>
  namespace.kubectl(['get', 'pod', backendName, '-o', 'jsonpath={.status.containerStatuses[0].restartCount}']);

// This test comes last: after it, the stand-in has certificates of an authority that the service does not trust.
test('the service takes up certificates of a new authority without a restart', async () => {
  const next = await standIn.otherAuthority();
  const before = await standIn.direct(subject, standIn.backendAuthority);
  expect((await before.call('GET', direct, named)).status).toBe(200);
  await writeServerSecret(standIn.namespace, next);
  // The kubelet updates the mounted files of a changed pod at once, and otherwise within about a minute.
  await standIn.namespace.kubectl(['annotate', 'pod', backendName, 'rotation=1']);
  const after = await standIn.direct(subject, next, next);
  const isAccepted = () =>
    after.call('GET', direct, named).then(
      ({ status }) => status === 200,
      () => false,
    );
  await until('the service has the new certificate', isAccepted);
  const former = await standIn.direct(subject, standIn.backendAuthority, next);
  expect((await former.call('GET', direct, named)).status).toBe(403);
  expect(await restartsOf(standIn)).toBe('0');
});
