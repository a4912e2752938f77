import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSettings } from '../../lib/config/settings.ts';
import { kubeFromSettings } from '../../lib/kube/from-settings.ts';
import type { KubeObject } from '../../lib/kube/resources.ts';
import { succeededCondition } from '../../lib/tekton/status.ts';
import {
  type ApiResponse,
  eventually,
  expectCleanLog,
  expectRefusal,
  expectShape,
  expectStatus,
  forTool,
  send,
} from './client.ts';
import { buildTimeoutMs, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

let target: Target;
/** URL of a git repository whose build takes two minutes, so that a test can cancel the build while it runs. */
let slow: string;

const files = (build: string) => ({ 'package.json': JSON.stringify({ scripts: { build, start: 'node x' } }) });

beforeAll(async () => {
  target = await startTarget();
  slow = await target.repository('slow', files('sleep 120'));
}, buildTimeoutMs);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, buildTimeoutMs);

/** Returns the id of the build in the response to a start. @throws Error with the response unless its status is 200 */
const idOf = (response: ApiResponse): string => (expectStatus(response, 200).json.new_build as { name: string }).name;

/**
 * Checks that each response has one of the allowed statuses. A failed check shows the responses with other statuses.
 */
const expectStatuses = (responses: readonly ApiResponse[], statuses: readonly number[]): void => {
  const others = responses.filter(({ status }) => !statuses.includes(status));
  expect(others.map(({ request, status, text }) => ({ request, status, text }))).toEqual([]);
};

/** Watches the PipelineRuns of a tool, and counts after each change the PipelineRuns that have not ended. */
const watchRuns = async (tool: string) => {
  const settings = readSettings(['kubeconfig', 'kubernetesHost', 'kubernetesPort', 'namespace'], {
    KUBECONFIG: target.kubeconfig,
    BUILDS_NAMESPACE: target.namespace,
  });
  const kube = await kubeFromSettings(settings);
  const stop = new AbortController();
  const live = new Set<string>();
  let most = 0;
  const take = (type: string, run: KubeObject): void => {
    if (type === 'BOOKMARK' || run.metadata.annotations?.['builds.toolforge.org/tool'] !== tool) return;
    const ended = ['True', 'False'].includes(
      succeededCondition(run as Parameters<typeof succeededCondition>[0])?.status ?? '',
    );
    if (ended || type === 'DELETED') live.delete(run.metadata.name);
    else live.add(run.metadata.name);
    most = Math.max(most, live.size);
  };
  const { metadata } = await kube.list('pipelineruns');
  const { resourceVersion } = metadata as { resourceVersion: string };
  const watching = (async () => {
    for await (const { type, object } of kube.watch('pipelineruns', { resourceVersion, signal: stop.signal }))
      take(type, object);
  })().catch(() => undefined);
  return {
    most: () => most,
    close: async () => {
      stop.abort();
      await watching;
      kube.close();
    },
  };
};

describe('fifty starts at once', () => {
  test(
    'run 4 builds, queue 10 and refuse 36, and free slots are filled from the queue',
    async () => {
      const many = await forTool(target, 'fifty');
      const runs = await watchRuns('fifty');
      const responses = await Promise.all(Array.from({ length: 50 }, () => many.post({ source_url: slow })));
      const accepted = responses.filter(({ status }) => status === 200);
      const refused = responses.filter(({ status }) => status !== 200);
      const positions = accepted.map(({ json }) => (json.new_build as { queue_position?: number }).queue_position ?? 0);
      expect(positions.filter((position) => position === 0)).toHaveLength(4);
      expect(positions.filter(Boolean).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, at) => at + 1));
      expect(refused).toHaveLength(36);
      for (const response of refused) {
        expectRefusal(response, 409, 'quota_exceeded');
        expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      }
      expect(await many.used()).toMatchObject({ Running: '4', Queued: '10' });

      // Cancelling the four running builds frees four slots, so four queued builds start.
      const running = (await many.list()).filter(({ queue_position }) => !queue_position);
      await Promise.all(running.map(({ build_id }) => many.cancel(build_id)));
      await Promise.all(running.map(({ build_id }) => many.finished(build_id)));
      const after = await many.list();
      expect(after.filter(({ queue_position }) => queue_position)).toHaveLength(6);
      await Promise.all(after.map(({ build_id }) => many.remove(build_id)));
      expect(await many.list()).toEqual([]);
      expect(runs.most()).toBe(4);
      await runs.close();
    },
    buildTimeoutMs,
  );
});

describe('an Idempotency-Key', () => {
  test('gives the same build to twenty starts at once and to later ones, and refuses another request', async () => {
    const keyed = await forTool(target, 'keyed');
    const key = { 'idempotency-key': 'one' };
    const responses = await Promise.all(Array.from({ length: 20 }, () => keyed.post({ source_url: slow }, key)));
    const ids = new Set(responses.map(idOf));
    expect(ids.size).toBe(1);
    expect(new Set(responses.map(({ text }) => text)).size).toBe(1);
    expect(await keyed.list()).toHaveLength(1);
    const same = await keyed.post({ ref: '', image_name: 'tool-keyed', source_url: slow, envvars: {} }, key);
    expect(idOf(same)).toBe([...ids][0]);
    expectRefusal(await keyed.post({ source_url: slow, ref: 'main' }, key), 422, 'idempotency_key_reused');
    const other = await keyed.post({ source_url: slow }, { 'idempotency-key': 'two' });
    expect(ids.has(idOf(other))).toBe(false);
    for (const { build_id } of await keyed.list()) await keyed.remove(build_id);
    expect(idOf(await keyed.post({ source_url: slow }, key))).toBe([...ids][0]);
  });

  test('of one tool is independent of the same key of another tool', async () => {
    const [one, two] = [await forTool(target, 'key-one'), await forTool(target, 'key-two')];
    const key = { 'idempotency-key': 'same' };
    const ids = [idOf(await one.post({ source_url: slow }, key)), idOf(await two.post({ source_url: slow }, key))];
    expect(ids[0]).not.toBe(ids[1]);
    await Promise.all([one.remove(ids[0] ?? ''), two.remove(ids[1] ?? '')]);
  });
});

describe('the builds of a tool', () => {
  test('can not be seen or changed by a tool with a similar name', async () => {
    const mine = await forTool(target, 'mine');
    const { name } = await mine.start({ source_url: slow });
    for (const tool of ['mine-buildpacks-pipelinerun-x', 'mine-buildpacks-pipelinerun', 'min', 'mine-b', 'mine_b']) {
      const similar = await forTool(target, tool);
      expect(await similar.list()).toEqual([]);
      expectRefusal(await similar.call(`/builds/${name}`), 404, 'build_not_found');
      expectRefusal(await similar.call(`/builds/${name}/logs`), 404, 'build_not_found');
      expectRefusal(await similar.cancel(name), 404, 'build_not_found');
      expectRefusal(await similar.remove(name), 404, 'build_not_found');
      expectRefusal(await similar.call('/builds/latest'), 404, 'builds_none');
    }
    expect((await mine.list()).map(({ build_id }) => build_id)).toEqual([name]);
    await mine.remove(name);
  });

  test.each(['long', 'under_scores__and-_dashes'])(
    'can be started, shown and deleted for a tool with an unusual name (%s)',
    async (kind) => {
      const tool = kind === 'long' ? `long_${'name_'.repeat(38)}x1234` : kind;
      const unusual = await forTool(target, tool);
      const image_name = 'i'.repeat(128);
      const parameters = { source_url: await target.repository(`strange-${kind}`, { Procfile: 'web: true\n' }) };
      const { name } = await unusual.start({ ...parameters, ...(kind === 'long' ? {} : { image_name }) });
      expect(name.length).toBeLessThanOrEqual(63);
      const build = await unusual.finished(name);
      expect([build.status, build.message]).toEqual(['BUILD_SUCCESS', 'The build succeeded.']);
      expect(build.destination_image).toMatch(/:latest@sha256:[0-9a-f]{64}$/);
      const quota = await unusual.call('/quotas');
      expectShape(quota.json, 'QuotaResponse');
      expect(quota.text).not.toContain('"used":"0B"');
      const cleaned = await unusual.call('/clean', { method: 'POST' });
      expect(cleaned.text).toMatch(/Deleted \d+ artifacts/);
      expectStatus(await unusual.remove(name), 200);
      expectRefusal(await unusual.call(`/builds/${name}/logs`), 404, 'build_not_found');
    },
  );
});

describe('cancel-build and delete-build', () => {
  test(
    'respond as documented in every state of a build, twice in a row and many times at once',
    async () => {
      const ended = await forTool(target, 'ended');
      const started = [];
      for (let at = 0; at < 6; at++) started.push(idOf(await ended.post({ source_url: slow })));
      const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = ''] = started;

      // The fifth and the sixth build are queued, because the tool has only four slots.
      expect(await ended.used()).toMatchObject({ Running: '4', Queued: '2' });
      expectStatus(await ended.cancel(sixth), 200);
      expectRefusal(await ended.cancel(sixth), 409, 'build_finished');
      expect(await ended.get(sixth)).toMatchObject({
        status: 'BUILD_CANCELLED',
        message: 'Cancelled while it waited.',
      });
      expect((await ended.follow(sixth)).at(-1)).toMatchObject({ type: 'end', status: 'BUILD_CANCELLED' });
      expectStatus(await ended.remove(fifth), 200);
      expectRefusal(await ended.remove(fifth), 404, 'build_not_found');

      // Eight requests at once cancel the first build while it runs. Then eight requests at once delete the second
      // build while it runs, and only one of these succeeds.
      const cancels = await Promise.all(Array.from({ length: 8 }, () => ended.cancel(first)));
      expectStatuses(cancels, [200, 409]);
      expect(cancels.some(({ status }) => status === 200)).toBe(true);
      expect((await ended.finished(first)).status).toBe('BUILD_CANCELLED');
      expectRefusal(await ended.cancel(first), 409, 'build_finished');
      const removals = await Promise.all(Array.from({ length: 8 }, () => ended.remove(second)));
      expect(removals.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const response of removals.filter(({ status }) => status !== 200))
        expectRefusal(response, 404, 'build_not_found');

      // Two requests to cancel and two to delete the third build are sent at once while the build runs. In the end the
      // build is deleted.
      const mixed = await Promise.all([
        ended.cancel(third),
        ended.remove(third),
        ended.cancel(third),
        ended.remove(third),
      ]);
      expectStatuses(mixed, [200, 404, 409]);
      expectRefusal(await ended.call(`/builds/${third}`), 404, 'build_not_found');

      // A cancelled build can be deleted after it has finished. Later requests for the build get 404.
      expectStatus(await ended.cancel(fourth), 200);
      await ended.finished(fourth);
      expectStatus(await ended.remove(fourth), 200);
      expectRefusal(await ended.cancel(fourth), 404, 'build_not_found');
      expectRefusal(await ended.call(`/builds/${fourth}/logs`), 404, 'build_not_found');
    },
    buildTimeoutMs,
  );

  test(
    'free every slot of builds that are started, cancelled and deleted at once',
    async () => {
      const racing = await forTool(target, 'racing');
      const race = async (at: number): Promise<void> => {
        const response = await racing.post({ source_url: slow });
        if (response.status !== 200) return expectRefusal(response, 409, 'quota_exceeded');
        const id = idOf(response);
        const calls = [
          racing.cancel(id),
          racing.remove(id),
          racing.call(`/builds/${id}`),
          racing.follow(id).catch(() => []),
        ];
        await Promise.all(at % 2 ? calls : calls.reverse());
      };
      await Promise.all(Array.from({ length: 10 }, (_, at) => race(at)));
      expect(await racing.list()).toEqual([]);
      // A deleted build keeps its slot until its pods have ended, so the number of running builds drops only then.
      await eventually(async () => (await racing.used()).Running === '0');
      expect(await racing.used()).toMatchObject({ Running: '0', Queued: '0' });
    },
    buildTimeoutMs,
  );
});

test('openapi.json is the generated contract', async () => {
  const text = await readFile(new URL('../../openapi/generated/openapi.json', import.meta.url), 'utf8');
  const { json } = expectStatus(await send(`${target.url}/openapi.json`), 200);
  expect(json).toEqual(JSON.parse(text));
});
