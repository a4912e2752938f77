import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { documentedRobot } from '../support/harbor/documented-robots.ts';
import { createHarbor } from '../support/harbor/harbor.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type FakeS3, startFakeS3 } from '../unit/lib/store/fake-s3.ts';
import { type Caller, expectCode, expectStatus, forTool, send } from './client.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

// The tests replace the files of Secrets, which the kubelet does on a cluster.
const describeEmbedded = onCluster ? describe.skip : describe;

describeEmbedded('while requests run, each secret can be replaced without a restart:', () => {
  const robot = documentedRobot('builds-api');
  const harbor = createHarbor({ robots: [robot] });
  let folder: string;
  let server: TestServer;
  let s3: FakeS3;
  let target: Target;
  let mine: Caller;
  const logs = (id: string) => mine.call(`/builds/${id}/logs`);

  const file = (name: string) => join(folder, name);
  /** Replaces a file in one step, as the kubelet does. */
  const replace = async (path: string, text: string): Promise<void> => {
    await writeFile(`${path}.next`, text);
    await rename(`${path}.next`, path);
  };
  const secretPath = () => target.platform?.environment.GATEWAY_SECRET_FILE ?? '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotation-'));
    [server, s3] = [await startServer(harbor.listener), await startFakeS3()];
    const secrets = { password: robot.password, 'access-key': 'key', 'secret-key': 'secret' };
    for (const [name, value] of Object.entries(secrets)) await writeFile(file(name), value);
    target = await startTarget({
      ...{ REGISTRY_KIND: 'harbor', REGISTRY_URL: server.url },
      ...{ REGISTRY_USER: robot.name, REGISTRY_PASSWORD_FILE: file('password') },
      ...{ LOG_STORE: 's3', S3_ENDPOINT: s3.url, S3_BUCKET: 'bucket' },
      ...{ S3_ACCESS_KEY_FILE: file('access-key'), S3_SECRET_KEY_FILE: file('secret-key') },
    });
    mine = await forTool(target, 'rotating');
  }, buildTimeoutMs);

  afterAll(async () => {
    await target.close();
    await server.close();
    await s3.close();
    await rm(folder, { recursive: true });
  }, buildTimeoutMs);

  /** Sends requests one after the other until `act` has ended, and once more. Returns the statuses of all responses. */
  const statusesWhile = async (ask: () => Promise<number>, act: () => Promise<void>): Promise<Set<number>> => {
    let isOver = false;
    const acting = act().finally(() => {
      isOver = true;
    });
    const statuses = new Set<number>();
    while (!isOver) statuses.add(await ask());
    await acting;
    return statuses.add(await ask());
  };

  /** Sends a request to a function as the gateway does, with a secret. */
  const withSecret = (secret: string) =>
    send(`${target.url}/v1/whoami`, {
      headers: { 'x-toolforge-tool': 'rotating', 'x-toolforge-gateway-secret': secret },
    });

  test("the gateway's secret", async () => {
    const { users } = load(await readFile(await target.toolKubeconfig('rotating'), 'utf8')) as {
      users: { user: Record<string, string> }[];
    };
    const decode = (key: string) => Buffer.from(users[0]?.user[key] ?? '', 'base64').toString();
    const certificate = { cert: decode('client-certificate-data'), key: decode('client-key-data') };
    const ask = async (): Promise<number> => {
      const url = new URL('/builds/v1/tool/rotating/builds', target.gatewayUrl);
      const sent = request(url, { ...certificate, rejectUnauthorized: false, agent: false }).end();
      const [response] = await once(sent, 'response');
      response.resume();
      return response.statusCode;
    };
    const old = (await readFile(secretPath(), 'utf8')).trim();
    const statuses = await statusesWhile(ask, async () => {
      await replace(secretPath(), 'first-new-secret');
      expectStatus(await withSecret('first-new-secret'), 200);
      await ask();
      await replace(secretPath(), '');
      expectStatus(await withSecret('first-new-secret'), 200);
      await rm(secretPath());
      await ask();
      await replace(secretPath(), 'second-new-secret\nfirst-new-secret\n');
      expectStatus(await withSecret('second-new-secret first-new-secret'), 200);
    });
    expect([...statuses]).toEqual([200]);
    // An unknown secret makes the function read the file again, which no longer has the oldest secret.
    for (const secret of ['guess', old]) expectCode(await withSecret(secret), 401, 'token_invalid');
    expect(JSON.stringify(target.logged)).not.toMatch(/(first|second)-new-secret/);
  });

  test("the password of Harbor's robot account, where Harbor gets the new password last", async () => {
    const ask = async () => (await mine.call('/quotas')).status;
    const statuses = await statusesWhile(ask, async () => {
      await replace(file('password'), 'a-new-password');
      await ask();
      robot.password = 'a-new-password';
      await ask();
      expect(await mine.used()).toHaveProperty('Storage');
    });
    expect([...statuses]).toEqual([200]);
  });

  test("the password of Harbor's robot account, where Harbor gets the new password first", async () => {
    robot.password = 'another-password';
    const refused = await mine.call('/quotas');
    expectCode(refused, 503, 'registry_refused');
    await replace(file('password'), 'another-password');
    expect(await mine.used()).toHaveProperty('Storage');
  });

  test(
    'the keys of the object store, also while a build runs',
    async () => {
      const gate = file('gate');
      const script = `echo before\nwhile [ ! -e ${gate} ]; do sleep 0.1; done\necho after\n`;
      const source_url = await target.repository('waits', {
        'package.json': JSON.stringify({ name: 'x', scripts: { build: 'sh ./build.sh', start: 'node server.js' } }),
        'build.sh': script,
      });
      const done = await mine.archived((await mine.start({ source_url: await page() })).name);
      const running = await mine.start({ source_url });
      const statuses = await statusesWhile(
        async () => (await logs(done.build_id)).status,
        async () => {
          await replace(file('access-key'), 'key-2');
          await replace(file('secret-key'), 'secret-2');
          s3.accept({ accessKey: 'key-2', secretKey: 'secret-2' });
          await writeFile(gate, '');
          const build = await mine.archived(running.name);
          expect(build).toMatchObject({ status: 'BUILD_SUCCESS', log: 'complete' });
        },
      );
      expect([...statuses]).toEqual([200]);
      expect((await logs(running.name)).text).toMatch(/before[\s\S]*after/);
    },
    buildTimeoutMs,
  );

  const page = () => target.repository('page', { 'index.html': 'hello' });
});
