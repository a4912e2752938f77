import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSettings } from '../../lib/config/settings.ts';
import { kubeFromSettings } from '../../lib/kube/from-settings.ts';
import type { KubeObject } from '../../lib/kube/resources.ts';
import { succeededCondition } from '../../lib/tekton/status.ts';
import type { QuotaResponse } from '../../openapi/generated/types.ts';
import { type Answer, type Caller, expectCleanLog, expectRefusal, expectShape, forTool } from './client.ts';
import { patience, startTarget, type Target } from './target.ts';

let target: Target;
let slow: string;

const files = (build: string) => ({ 'package.json': JSON.stringify({ scripts: { build, start: 'node x' } }) });

beforeAll(async () => {
  target = await startTarget();
  slow = await target.repository('slow', files('sleep 120'));
}, patience);

afterAll(async () => {
  expectCleanLog(target);
  await target.close();
}, patience);

const idOf = (answer: Answer): string => (answer.json.new_build as { name: string }).name;

const usedBy = async (caller: Caller): Promise<Record<string, string>> => {
  const { quota } = (await caller.call('/quotas')).json as unknown as QuotaResponse;
  return Object.fromEntries(quota.categories.flatMap(({ items }) => items.map(({ name, used }) => [name, used])));
};

/** Counts a tool's runs that have not ended, at every change there is. */
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
    'never more run than may, and the others wait or are sent away',
    async () => {
      const many = await forTool(target, 'fifty');
      const runs = await watchRuns('fifty');
      const answers = await Promise.all(Array.from({ length: 50 }, () => many.post({ source_url: slow })));
      const accepted = answers.filter(({ status }) => status === 200);
      const refused = answers.filter(({ status }) => status !== 200);
      const positions = accepted.map(({ json }) => (json.new_build as { queue_position?: number }).queue_position ?? 0);
      expect(positions.filter((position) => position === 0)).toHaveLength(4);
      expect(positions.filter(Boolean).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, at) => at + 1));
      expect(refused).toHaveLength(36);
      for (const answer of refused) {
        expectRefusal(answer, 429, 'quota_exceeded');
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      }
      expect(await usedBy(many)).toMatchObject({ Running: '4', Queued: '10' });

      // Slots given free are filled from the queue, one for one.
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
    patience,
  );
});

describe('an Idempotency-Key', () => {
  test('gives one build, twenty times at once and later', async () => {
    const keyed = await forTool(target, 'keyed');
    const key = { 'idempotency-key': 'one' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => keyed.post({ source_url: slow }, key)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const ids = new Set(answers.map(idOf));
    expect(ids.size).toBe(1);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await keyed.list()).toHaveLength(1);
    const same = await keyed.post({ ref: '', image_name: 'tool-keyed', source_url: slow, envvars: {} }, key);
    expect(idOf(same)).toBe([...ids][0]);
    expectRefusal(await keyed.post({ source_url: slow, ref: 'main' }, key), 422, 'idempotency_key_reused');
    const other = await keyed.post({ source_url: slow }, { 'idempotency-key': 'two' });
    expect(ids.has(idOf(other))).toBe(false);
    for (const { build_id } of await keyed.list()) await keyed.remove(build_id);
    expect(idOf(await keyed.post({ source_url: slow }, key))).toBe([...ids][0]);
  });

  test('of one tool means nothing to another', async () => {
    const [one, two] = [await forTool(target, 'key-one'), await forTool(target, 'key-two')];
    const key = { 'idempotency-key': 'same' };
    const ids = [idOf(await one.post({ source_url: slow }, key)), idOf(await two.post({ source_url: slow }, key))];
    expect(ids[0]).not.toBe(ids[1]);
    await Promise.all([one.remove(ids[0] ?? ''), two.remove(ids[1] ?? '')]);
  });
});

describe('whose builds', () => {
  test('a tool named like another one and its builds sees nothing of it', async () => {
    const mine = await forTool(target, 'mine');
    const { name } = await mine.start({ source_url: slow });
    for (const tool of ['mine-buildpacks-pipelinerun-x', 'mine-buildpacks-pipelinerun', 'min', 'mine-b', 'mine_b']) {
      const nosy = await forTool(target, tool);
      expect(await nosy.list()).toEqual([]);
      expectRefusal(await nosy.call(`/builds/${name}`), 404, 'build_not_found');
      expectRefusal(await nosy.call(`/builds/${name}/logs`), 404, 'build_not_found');
      expectRefusal(await nosy.cancel(name), 404, 'build_not_found');
      expectRefusal(await nosy.remove(name), 404, 'build_not_found');
      expectRefusal(await nosy.call('/builds/latest'), 404, 'builds_none');
    }
    expect((await mine.list()).map(({ build_id }) => build_id)).toEqual([name]);
    await mine.remove(name);
  });

  test.each(['long', 'under_scores__and-_dashes'])('a tool with a name of a strange form (%s)', async (kind) => {
    const tool = kind === 'long' ? `long_${'name_'.repeat(38)}x1234` : kind;
    const strange = await forTool(target, tool);
    const image_name = 'i'.repeat(128);
    const parameters = { source_url: await target.repository(`strange-${kind}`, { Procfile: 'web: true\n' }) };
    const { name } = await strange.start({ ...parameters, ...(kind === 'long' ? {} : { image_name }) });
    expect(name.length).toBeLessThanOrEqual(63);
    const build = await strange.finished(name);
    expect([build.status, build.message]).toEqual(['BUILD_SUCCESS', 'The build succeeded.']);
    expect(build.destination_image).toMatch(/:latest@sha256:[0-9a-f]{64}$/);
    const quota = await strange.call('/quotas');
    expectShape(quota.json, 'QuotaResponse');
    expect(quota.text).not.toContain('"used":"0B"');
    const cleaned = await strange.call('/clean', { method: 'POST' });
    expect(cleaned.text).toMatch(/Deleted \d+ artifacts/);
    expect((await strange.remove(name)).status).toBe(200);
    expectRefusal(await strange.call(`/builds/${name}/logs`), 404, 'build_not_found');
  });
});

describe('the end of a build', () => {
  test(
    'cancel and delete, in every state, twice and at once',
    async () => {
      const ended = await forTool(target, 'ended');
      const started = [];
      for (let at = 0; at < 6; at++) started.push(idOf(await ended.post({ source_url: slow })));
      const [first = '', second = '', third = '', fourth = '', fifth = '', sixth = ''] = started;

      // Waiting.
      expect((await ended.cancel(sixth)).status).toBe(200);
      expectRefusal(await ended.cancel(sixth), 409, 'build_finished');
      expect(await ended.get(sixth)).toMatchObject({
        status: 'BUILD_CANCELLED',
        message: 'Cancelled while it waited.',
      });
      expect((await ended.follow(sixth)).at(-1)).toMatchObject({ type: 'end', status: 'BUILD_CANCELLED' });
      expect((await ended.remove(fifth)).status).toBe(200);
      expectRefusal(await ended.remove(fifth), 404, 'build_not_found');

      // Running: many at once.
      const cancels = await Promise.all(Array.from({ length: 8 }, () => ended.cancel(first)));
      for (const answer of cancels) expect([200, 409]).toContain(answer.status);
      expect(cancels.some(({ status }) => status === 200)).toBe(true);
      expect((await ended.finished(first)).status).toBe('BUILD_CANCELLED');
      expectRefusal(await ended.cancel(first), 409, 'build_finished');
      const removals = await Promise.all(Array.from({ length: 8 }, () => ended.remove(second)));
      expect(removals.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of removals.filter(({ status }) => status !== 200))
        expectRefusal(answer, 404, 'build_not_found');

      // Both at once.
      const mixed = await Promise.all([
        ended.cancel(third),
        ended.remove(third),
        ended.cancel(third),
        ended.remove(third),
      ]);
      for (const answer of mixed) expect([200, 404, 409]).toContain(answer.status);
      expectRefusal(await ended.call(`/builds/${third}`), 404, 'build_not_found');

      // Finished.
      expect((await ended.cancel(fourth)).status).toBe(200);
      await ended.finished(fourth);
      expect((await ended.remove(fourth)).status).toBe(200);
      expectRefusal(await ended.cancel(fourth), 404, 'build_not_found');
      expectRefusal(await ended.call(`/builds/${fourth}/logs`), 404, 'build_not_found');
    },
    patience,
  );

  test(
    'started, cancelled and deleted at once: no slot leaks',
    async () => {
      const racing = await forTool(target, 'racing');
      const race = async (at: number): Promise<void> => {
        const answer = await racing.post({ source_url: slow });
        if (answer.status !== 200) return expectRefusal(answer, 429, 'quota_exceeded');
        const id = idOf(answer);
        const ends = [
          racing.cancel(id),
          racing.remove(id),
          racing.call(`/builds/${id}`),
          racing.follow(id).catch(() => []),
        ];
        await Promise.all(at % 2 ? ends : ends.reverse());
      };
      await Promise.all(Array.from({ length: 10 }, (_, at) => race(at)));
      expect(await racing.list()).toEqual([]);
      // A deleted build keeps its slot until it has really ended; then all are free.
      while ((await usedBy(racing)).Running !== '0');
      expect(await usedBy(racing)).toMatchObject({ Running: '0', Queued: '0' });
    },
    patience,
  );
});

test('the contract is what is published', async () => {
  const text = await readFile(new URL('../../openapi/generated/openapi.json', import.meta.url), 'utf8');
  const published = await fetch(`${target.url}/openapi.json`);
  expect(await published.json()).toEqual(JSON.parse(text));
});
