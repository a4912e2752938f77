import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import {
  ledger,
  ledgersPath,
  pod,
  podsPath,
  runsPath,
  secret,
  secretsPath,
} from '../../../support/kubernetes/objects.ts';

let served: TestCluster;
beforeEach(async () => {
  served = await startCluster();
});
afterEach(() => served.close());

const run = (name: string, spec: object = { pipelineRef: { name: 'p' } }) => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name },
  spec,
});

describe('the API server creates and reads objects', () => {
  test("create fills in the server's fields and ignores the status", async () => {
    const { status, body } = await served.call('POST', ledgersPath, {
      ...ledger('t', { a: 1 }),
      status: { running: [1] },
    });
    expect(status).toBe(201);
    expect(body.metadata).toMatchObject({ name: 't', namespace: 'ns', generation: 1, resourceVersion: '1' });
    expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(body).not.toHaveProperty('status');
    expect((await served.call('GET', `${ledgersPath}/t`)).body).toEqual(body);
  });

  test('generateName gets five characters appended', async () => {
    const { body } = await served.call('POST', podsPath, pod('', ['a'], { name: undefined, generateName: 'x-' }));
    expect(body.metadata.name).toMatch(/^x-[a-z0-9]{5}$/);
  });

  test('a controller of the same process gets the same defaults, and frozen objects', () => {
    const { objects } = served.api;
    const created = objects.create('pipelineruns', { metadata: { name: 'r' }, spec: { pipelineRef: { name: 'p' } } });
    expect(created).toMatchObject({
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      spec: { timeouts: { pipeline: '1h0m0s' } },
    });
    expect(() => Object.assign(created.spec, { status: 'Cancelled' })).toThrow(TypeError);
  });

  test("create stores a secret's stringData as data", async () => {
    const { body } = await served.call('POST', secretsPath, { ...secret('s'), stringData: { k: 'v' } });
    expect(body).toMatchObject({ type: 'Opaque', data: { k: 'dg==' } });
    expect(body).not.toHaveProperty('stringData');
  });

  test.each([
    ['twice', ledgersPath, ledger('t'), 409, 'AlreadyExists'],
    ['a bad name', ledgersPath, ledger('Not_DNS'), 422, 'Invalid'],
    ['a name too long', ledgersPath, ledger('a'.repeat(254)), 422, 'Invalid'],
    ['no name', ledgersPath, ledger(''), 422, 'Invalid'],
    ['a label too long', ledgersPath, ledger('l', {}, { labels: { user: 'x'.repeat(64) } }), 422, 'Invalid'],
    ['another kind', ledgersPath, pod('p'), 400, 'BadRequest'],
    ['no kind', ledgersPath, {}, 400, 'BadRequest'],
    ['another namespace', ledgersPath, ledger('n', {}, { namespace: 'other' }), 400, 'BadRequest'],
    ['a version', ledgersPath, ledger('v', {}, { resourceVersion: '1' }), 400, 'BadRequest'],
    ['too much', ledgersPath, ledger('big', { a: 'x'.repeat(1.6 * 2 ** 20) }), 413, 'RequestEntityTooLarge'],
    ['far too much', ledgersPath, ledger('big', { a: 'x'.repeat(4 * 2 ** 20) }), 413, 'RequestEntityTooLarge'],
    ['a run with a long name', runsPath, run('r'.repeat(64)), 400, 'BadRequest'],
    [
      'a run with a status that is none',
      runsPath,
      run('r', { pipelineRef: { name: 'p' }, status: 'Stop' }),
      400,
      'BadRequest',
    ],
    ['a run of nothing', runsPath, run('r', {}), 400, 'BadRequest'],
  ])('create of an object with %s is refused with a Status', async (_, path, body, code, reason) => {
    await served.call('POST', ledgersPath, ledger('t'));
    const answer = await served.call('POST', path, body);
    expect(answer.status).toBe(code);
    expect(answer.body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason });
  });

  test.each([
    ['GET', `${ledgersPath}/none`, 404, 'NotFound'],
    ['GET', '/apis/apps/v1/namespaces/ns/deployments', 404, 'NotFound'],
    ['GET', '/api/v1/namespaces/ns/pods/x/exec', 404, 'NotFound'],
    ['DELETE', ledgersPath, 405, 'MethodNotAllowed'],
    ['GET', `${ledgersPath}?labelSelector=a%20near%20b`, 400, 'BadRequest'],
    ['GET', `${ledgersPath}?fieldSelector=spec.a%3D1`, 400, 'BadRequest'],
    ['GET', `${ledgersPath}?continue=nonsense`, 400, 'BadRequest'],
    ['GET', `${ledgersPath}?resourceVersion=x`, 400, 'BadRequest'],
    ['GET', `${ledgersPath}?resourceVersion=99`, 504, 'Timeout'],
  ])('the request %s %s gets %d %s', async (method, path, code, reason) => {
    const answer = await served.call(method, path);
    expect(answer).toMatchObject({ status: code, body: { kind: 'Status', code, reason } });
  });

  test('a body that is no JSON, or has another media type, is refused', async () => {
    const send = (body: string, type: string) =>
      fetch(served.url + ledgersPath, { method: 'POST', body, headers: { 'content-type': type } }).then(
        (r) => r.status,
      );
    expect(await send('{', 'application/json')).toBe(400);
    expect(await send('a: 1', 'application/yaml')).toBe(415);
  });

  test("a request without the API server's token is refused", async () => {
    const guarded = await startCluster({ token: 'secret' });
    expect(await guarded.call('GET', podsPath)).toMatchObject({ status: 401, body: { reason: 'Unauthorized' } });
    const ok = await fetch(guarded.url + podsPath, { headers: { authorization: 'Bearer secret' } });
    expect(ok.status).toBe(200);
    await guarded.close();
  });
});

describe('the API server updates objects', () => {
  test('replace refuses an old resourceVersion with 409', async () => {
    const { body: first } = await served.call('POST', ledgersPath, ledger('t'));
    const second = await served.call('PUT', `${ledgersPath}/t`, { ...first, spec: { a: 1 } });
    expect(second.body.metadata).toMatchObject({ generation: 2, resourceVersion: '2', uid: first.metadata.uid });
    const stale = await served.call('PUT', `${ledgersPath}/t`, { ...first, spec: { a: 2 } });
    expect(stale).toMatchObject({
      status: 409,
      body: { reason: 'Conflict', details: { name: 't', group: 'builds.toolforge.org' } },
    });
    const blind = await served.call('PUT', `${ledgersPath}/t`, ledger('t', { a: 3 }));
    expect(blind).toMatchObject({ status: 200, body: { spec: { a: 3 }, metadata: { generation: 3 } } });
  });

  test('the status is written through its own path only', async () => {
    const { body } = await served.call('POST', ledgersPath, ledger('t', { a: 1 }));
    const status = await served.call('PUT', `${ledgersPath}/t/status`, {
      ...body,
      spec: { a: 2 },
      status: { running: [] },
    });
    expect(status.body).toMatchObject({ spec: { a: 1 }, status: { running: [] }, metadata: { generation: 1 } });
    const main = await served.call('PUT', `${ledgersPath}/t`, {
      ...status.body,
      spec: { a: 3 },
      status: { running: [1] },
    });
    expect(main.body).toMatchObject({ spec: { a: 3 }, status: { running: [] }, metadata: { generation: 2 } });
  });

  test('a write that changes nothing makes no new resourceVersion', async () => {
    const { body } = await served.call('POST', ledgersPath, ledger('t', { a: 1 }));
    expect((await served.call('PUT', `${ledgersPath}/t`, body)).body).toEqual(body);
  });

  test('patch applies merge patches and JSON patches', async () => {
    await served.call('POST', ledgersPath, ledger('t', { a: 1, b: { c: 2 } }, { finalizers: ['x/hold', 'x/other'] }));
    const merged = await served.call(
      'PATCH',
      `${ledgersPath}/t`,
      { spec: { a: null, b: { d: 3 } } },
      'application/merge-patch+json',
    );
    expect(merged.body.spec).toEqual({ b: { c: 2, d: 3 } });
    const patch = [
      { op: 'test', path: '/metadata/finalizers/0', value: 'x/hold' },
      { op: 'remove', path: '/metadata/finalizers/0' },
      { op: 'add', path: '/spec/list', value: [1, 3] },
      { op: 'add', path: '/spec/list/1', value: 2 },
      { op: 'replace', path: '/spec/b/c', value: 4 },
    ];
    const { body } = await served.call('PATCH', `${ledgersPath}/t`, patch, 'application/json-patch+json');
    expect(body).toMatchObject({ metadata: { finalizers: ['x/other'] }, spec: { list: [1, 2, 3], b: { c: 4 } } });
    const failing = await served.call('PATCH', `${ledgersPath}/t`, patch, 'application/json-patch+json');
    expect(failing).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
    const stale = { metadata: { resourceVersion: '1' }, spec: { a: 1 } };
    expect((await served.call('PATCH', `${ledgersPath}/t`, stale, 'application/merge-patch+json')).status).toBe(409);
    expect((await served.call('PATCH', `${ledgersPath}/t`, {}, 'application/json')).status).toBe(415);
  });

  test('only spec.status of a PipelineRun may change, and only until the run is done', async () => {
    const { body } = await served.call('POST', runsPath, run('r'));
    expect(body.spec).toMatchObject({ timeouts: { pipeline: '1h0m0s' }, serviceAccountName: 'default' });
    const patch = (spec: object) => served.call('PATCH', `${runsPath}/r`, { spec }, 'application/merge-patch+json');
    expect((await patch({ params: [] })).status).toBe(400);
    expect((await patch({ status: 'Cancelled' })).status).toBe(200);
    const status = { conditions: [{ type: 'Succeeded', status: 'True' }] };
    await served.call('PATCH', `${runsPath}/r/status`, { status }, 'application/merge-patch+json');
    expect(await patch({ status: 'StoppedRunFinally' })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('Once the PipelineRun is complete, no updates are allowed') as never },
    });
  });
});

describe('the API server lists objects', () => {
  test('list selects objects by labels and by name', async () => {
    const labels = [{ app: 'a', tier: 'x' }, { app: 'b' }, { app: 'c', tier: 'y' }, undefined];
    for (const [at, given] of labels.entries()) {
      await served.call('POST', ledgersPath, ledger(`t${at}`, {}, given ? { labels: given } : {}));
    }
    const names = async (query: string) =>
      (await served.call('GET', `${ledgersPath}?${query}`)).body.items.map(({ metadata }) => metadata.name);
    const byLabel = (selector: string) => names(`labelSelector=${encodeURIComponent(selector)}`);
    expect(await byLabel('app=a')).toEqual(['t0']);
    expect(await byLabel('app!=a')).toEqual(['t1', 't2', 't3']);
    expect(await byLabel('app in (a, c),tier')).toEqual(['t0', 't2']);
    expect(await byLabel('app notin (a,b)')).toEqual(['t2', 't3']);
    expect(await byLabel('!tier')).toEqual(['t1', 't3']);
    expect(await byLabel('tier==y')).toEqual(['t2']);
    expect(await names('fieldSelector=metadata.name%3Dt2')).toEqual(['t2']);
    expect(await names('fieldSelector=metadata.name!%3Dt2')).toEqual(['t0', 't1', 't3']);
  });

  test('the pages of a list hold every object of all namespaces once', async () => {
    for (let at = 0; at < 7; at += 1) {
      const namespace = at % 2 ? 'ns' : 'other';
      const path = secretsPath.replace('/ns/', `/${namespace}/`);
      await served.call('POST', path, secret(`s${at}`, { namespace }));
    }
    const found: string[] = [];
    let token: string | undefined = '';
    while (token !== undefined) {
      const { body } = await served.call('GET', `/api/v1/secrets?limit=3&continue=${encodeURIComponent(token)}`);
      const page = body as unknown as { metadata: { continue?: string; resourceVersion: string } };
      expect(page.metadata.resourceVersion).toBe('7');
      found.push(...body.items.map(({ metadata }) => metadata.name));
      token = page.metadata.continue;
    }
    expect(found).toEqual(['s1', 's3', 's5', 's0', 's2', 's4', 's6']);
  });

  test("list items of Kubernetes' own kinds have no kind, and custom resources have one", async () => {
    await served.call('POST', ledgersPath, ledger('t'));
    await served.call('POST', podsPath, pod('p'));
    expect((await served.call('GET', podsPath)).body.items[0]).not.toHaveProperty('kind');
    expect((await served.call('GET', ledgersPath)).body).toMatchObject({
      kind: 'BuildLedgerList',
      items: [{ kind: 'BuildLedger' }],
    });
  });
});

describe('the API server deletes objects', () => {
  test('delete returns a Status, or the object while a finalizer keeps it', async () => {
    await served.call('POST', ledgersPath, ledger('free'));
    await served.call('POST', ledgersPath, ledger('held', {}, { finalizers: ['x/hold'] }));
    expect((await served.call('DELETE', `${ledgersPath}/free`)).body).toMatchObject({
      kind: 'Status',
      status: 'Success',
    });
    const held = await served.call('DELETE', `${ledgersPath}/held`);
    expect(held.body.metadata).toMatchObject({ name: 'held', deletionTimestamp: expect.any(String), generation: 2 });
    const more = { metadata: { finalizers: ['x/hold', 'x/more'] } };
    const refused = await served.call('PATCH', `${ledgersPath}/held`, more, 'application/merge-patch+json');
    expect(refused.status).toBe(422);
    await served.call(
      'PATCH',
      `${ledgersPath}/held`,
      { metadata: { finalizers: null } },
      'application/merge-patch+json',
    );
    expect((await served.call('GET', `${ledgersPath}/held`)).status).toBe(404);
  });

  test('delete checks its preconditions', async () => {
    const { body } = await served.call('POST', ledgersPath, ledger('t'));
    const del = (preconditions: object) => served.call('DELETE', `${ledgersPath}/t`, { preconditions });
    expect((await del({ uid: 'other' })).status).toBe(409);
    expect((await del({ resourceVersion: '99' })).status).toBe(409);
    expect((await del({ uid: body.metadata.uid, resourceVersion: '1' })).status).toBe(200);
  });
});
