import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { StartResponse } from '../../openapi/generated/types.ts';
import { startSecureServer } from '../support/certificates.ts';
import { documentedRobot } from '../support/harbor/documented-robots.ts';
import { createHarbor } from '../support/harbor/harbor.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Caller, eventually, expectRefusal, expectStatus, forTool } from './client.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

// A cluster keeps its own registry.
const describeEmbedded = onCluster ? describe.skip : describe;

describeEmbedded('with Harbor as the registry', () => {
  const robot = documentedRobot('builds-api');
  const harbor = createHarbor({ robots: [robot] });
  const storageLimit = 1024 * 1024;
  const creations: string[] = [];
  let folder: string;
  let server: TestServer;
  /** Takes the place of Harbor in a test. */
  let fault: RequestListener | undefined;
  let target: Target;
  let source_url: string;

  beforeAll(async () => {
    server = await startServer((request, response) => {
      if (request.method === 'POST') creations.push(request.url ?? '');
      (fault ?? harbor.listener)(request, response);
    });
    folder = await mkdtemp(join(tmpdir(), 'harbor-'));
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, robot.password);
    target = await startTarget({
      ...{ REGISTRY_KIND: 'harbor', REGISTRY_URL: server.url },
      ...{ REGISTRY_USER: robot.name, REGISTRY_PASSWORD_FILE: passwordFile },
      REGISTRY_LIMIT_BYTES: String(storageLimit),
    });
    source_url = await target.repository('page', { 'index.html': 'hello' });
  }, buildTimeoutMs);

  afterAll(async () => {
    await target.close();
    await server.close();
    await rm(folder, { recursive: true });
  }, buildTimeoutMs);

  afterEach(() => {
    fault = undefined;
    expect(harbor.problems.splice(0)).toEqual([]);
    harbor.projects.clear();
    creations.splice(0);
  });

  /** Deletes builds, and waits until their runs have ended. */
  const removeAll = async (mine: Caller, ids: string[]): Promise<void> => {
    for (const id of ids) expectStatus(await mine.remove(id), 200);
    await eventually(async () => (await mine.used()).Running === '0');
  };

  test(
    'the first start of a tool makes its public project, and the image of the build is in that project',
    async () => {
      const mine = await forTool(target, 'my-_x');
      const { name } = await mine.start({ source_url });
      expect([...harbor.projects]).toEqual([['tool-my-char.sep_x', expect.objectContaining({ isPublic: true })]]);
      const { status, destination_image } = await mine.finished(name);
      expect(status).toBe('BUILD_SUCCESS');
      expect(destination_image).toMatch(/\/tool-my-char\.sep_x\/tool-my-char\.sep_x:latest@sha256:/);
    },
    buildTimeoutMs,
  );

  test(
    'the message of a build whose image exceeds the storage says which limit, by how much, and what to do',
    async () => {
      const mine = await forTool(target, 'greedy');
      const noise = randomBytes(storageLimit).toString('base64');
      const large = await target.repository('large', { 'index.html': noise });
      const { status, message } = await mine.finished((await mine.start({ source_url: large })).name);
      expect(status).toBe('BUILD_FAILURE');
      expect(message).toMatch(
        /^Step export failed with exit code 62: the registry has no storage left for the image: /,
      );
      expect(message).toMatch(/1\.[0-9] MiB more than the 0 B in use would exceed the tool's limit of 1\.0 MiB\./);
      expect(message).toMatch(/Run `toolforge build clean`/);
      const next = await mine.finished((await mine.start({ source_url })).name);
      expect(next.status).toBe('BUILD_SUCCESS');
    },
    buildTimeoutMs,
  );

  test(
    'a tool whose storage in the registry is full starts a build, with a warning that says what can be done',
    async () => {
      const mine = await forTool(target, 'full');
      await mine.used();
      Object.assign(harbor.projects.get('tool-full') ?? {}, { limit: 1000, used: 1000 });
      const { json } = expectStatus(await mine.post({ source_url }), 200);
      const { messages, new_build } = json as unknown as StartResponse;
      expect(messages.warning).toEqual([
        expect.stringMatching(/^The registry's storage is full .*`toolforge build clean`.*administrators/),
      ]);
      expect((await mine.finished(new_build.name)).status).toBe('BUILD_SUCCESS');
    },
    buildTimeoutMs,
  );

  test(
    'ten starts at once make the project by one request',
    async () => {
      const mine = await forTool(target, 'eager');
      const started = await Promise.all(Array.from({ length: 10 }, () => mine.start({ source_url })));
      expect(creations).toHaveLength(1);
      await removeAll(
        mine,
        started.map(({ name }) => name),
      );
    },
    buildTimeoutMs,
  );

  test('quota makes the project, and makes it again after it was deleted without images', async () => {
    const mine = await forTool(target, 'asking');
    for (const _ of ['the first time', 'after the deletion']) {
      expect(await mine.used()).toMatchObject({ Storage: '0B' });
      expect([...harbor.projects.keys()]).toEqual(['tool-asking']);
      harbor.deleteEmptyProjects();
    }
    await removeAll(mine, [(await mine.start({ source_url })).name]);
    expect(harbor.projects.has('tool-asking')).toBe(true);
  });

  test('a project that can not be used refuses a start with a sentence, and no build is made', async () => {
    const mine = await forTool(target, 'closed');
    await mine.used();
    Object.assign(harbor.projects.get('tool-closed') ?? {}, { isPublic: false });
    for (const refused of [await mine.post({ source_url }), await mine.call('/quotas')]) {
      expectRefusal(refused, 503, 'registry_refused');
      expect(refused.headers.get('retry-after')).toBe('300');
    }
    expect(await mine.list()).toEqual([]);
  });

  test.each<[string, RequestListener, string, RegExp, number]>([
    ['breaks every connection', ({ socket }) => void socket.destroy(), 'registry_unavailable', /does not respond/, 200],
    ['only fails', (_, response) => response.writeHead(502).end(), 'registry_unavailable', /does not respond/, 200],
    [
      'does not accept the account',
      (_, response) => response.writeHead(401).end(),
      'registry_refused',
      /does not accept the account .*REGISTRY_USER, and the Secret of REGISTRY_PASSWORD_FILE/,
      503,
    ],
    [
      'lets the account do nothing',
      (_, response) => response.writeHead(403).end(),
      'registry_refused',
      /refused to make the project tool-unlucky .*permissions of its account/,
      503,
    ],
  ])(
    'a registry that %s refuses a start with a sentence, and nothing is half done',
    async (_, listener, code, sentence, quota) => {
      const mine = await forTool(target, 'unlucky');
      fault = listener;
      const refused = await mine.post({ source_url });
      expectRefusal(refused, 503, code);
      expect(refused.text).toMatch(sentence);
      expectStatus(await mine.call('/quotas'), quota);
      expectRefusal(
        await mine.call('/clean', { method: 'POST', headers: { 'content-type': 'application/json' } }),
        503,
        code,
      );
      expect(await mine.list()).toEqual([]);
      fault = undefined;
      expect(await mine.used()).toMatchObject({ Running: '0', Queued: '0' });
      await removeAll(mine, [(await mine.start({ source_url })).name]);
    },
  );

  test('a repeated start answers with the build that was started, whatever became of the project', async () => {
    const mine = await forTool(target, 'repeating');
    const headers = { 'idempotency-key': 'once' };
    const first = await mine.start({ source_url }, headers);
    Object.assign(harbor.projects.get('tool-repeating') ?? {}, { isPublic: false });
    expect((await mine.start({ source_url }, headers)).name).toBe(first.name);
    Object.assign(harbor.projects.get('tool-repeating') ?? {}, { isPublic: true });
    await removeAll(mine, [first.name]);
  });
});

describeEmbedded('a registry whose certificate is not trusted', () => {
  let secure: Awaited<ReturnType<typeof startSecureServer>>;
  let target: Target;

  beforeAll(async () => {
    secure = await startSecureServer((_, response) => void response.end());
    target = await startTarget({ REGISTRY_KIND: 'harbor', REGISTRY_URL: secure.url });
  }, buildTimeoutMs);
  afterAll(async () => {
    await target.close();
    await secure.close();
  }, buildTimeoutMs);

  test('refuses a start with a sentence, the log says what is wrong, and no build is made', async () => {
    const mine = await forTool(target, 'careful');
    const source_url = await target.repository('page', { 'index.html': 'hello' });
    const refused = await mine.post({ source_url });
    expectRefusal(refused, 503, 'registry_unavailable');
    expect(refused.text).toMatch(/certificate can not be trusted\. Ask an administrator/);
    expect(JSON.stringify(target.logged)).toMatch(/the certificate of localhost:[0-9]+ is not signed by an authority/);
    expect(await mine.used()).toEqual({ Running: '0', Queued: '0' });
    expect(await mine.list()).toEqual([]);
  });
});

describeEmbedded('a registry in which tools have no storage', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ REGISTRY_LIMIT_BYTES: '0' });
  }, buildTimeoutMs);
  afterAll(() => target.close(), buildTimeoutMs);

  test(
    'warns at the start, and the failed build says that the limit is 0 and whom to ask',
    async () => {
      const mine = await forTool(target, 'poor');
      const source_url = await target.repository('page', { 'index.html': 'hello' });
      const { json } = expectStatus(await mine.post({ source_url }), 200);
      const { messages, new_build } = json as unknown as StartResponse;
      expect(messages.warning).toEqual([expect.stringMatching(/no storage in the registry \(the limit is 0\).*Ask /)]);
      const { status, message } = await mine.finished(new_build.name);
      expect(status).toBe('BUILD_FAILURE');
      expect(message).toMatch(/: the tool has no storage in the registry \(the limit is 0\)\. Ask /);
      expect(await mine.used()).toMatchObject({ Storage: '0B', Running: '0' });
    },
    buildTimeoutMs,
  );
});
