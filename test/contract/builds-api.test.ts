import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSettings } from '../../lib/config/settings.ts';
import type { Kube } from '../../lib/kube/client.ts';
import { kubeFromSettings } from '../../lib/kube/from-settings.ts';
import { ifFound } from '../../lib/kube/kube-error.ts';
import type { PipelineRun } from '../../lib/tekton/types.ts';
import { builderImage } from '../../local/environment.ts';
import { commit, requestedOldRun } from '../support/builds-api-run.ts';
import { credential, linkedPassword, oldPipeline, printedBy, shownSteps } from '../support/old-pipeline.ts';
import { type Caller, eventually, expectCleanLog, expectShape, expectStatus, forTool } from './client.ts';
import { buildTimeoutMs, onCluster, startTarget } from './start-target.ts';
import type { Target } from './target.ts';

/** Builds that builds-api made, on a platform that adopts them. A cluster keeps its own settings. */
const describeEmbedded = onCluster ? describe.skip : describe;

let target: Target;
let kube: Kube;

const start = async (): Promise<void> => {
  target = await startTarget({ BUILDS_API_RUNS: 'adopt', LIMIT_RUNNING: '2', KEEP_SUCCEEDED: '4', KEEP_FAILED: '2' });
  const from = { KUBECONFIG: target.kubeconfig, BUILDS_NAMESPACE: target.namespace };
  kube = await kubeFromSettings(readSettings(['kubeconfig', 'kubernetesHost', 'kubernetesPort', 'namespace'], from));
  await kube.create('pipelines', oldPipeline('old-buildpacks', builderImage));
};

/** Starts a build as builds-api does. @returns the build's id */
const startOld = async (tool: string, repository: string, more: object = {}): Promise<string> => {
  const { spec, ...run } = requestedOldRun(tool, 'old-buildpacks', repository);
  return (await kube.create<PipelineRun>('pipelineruns', { ...run, spec: { ...spec, ...more } })).metadata.name;
};

const runOf = (id: string): Promise<PipelineRun | undefined> => ifFound(kube.get('pipelineruns', id));

const linesOf = (events: readonly Record<string, unknown>[]): string[] =>
  events.filter(({ type }) => type === 'line').map(({ line }) => String(line));

/** A part of the password as it stands in the base64 of a docker config. */
const base64OfPassword = Buffer.from(`robot$builder:${linkedPassword}`).toString('base64').slice(20, 36);

/** Texts that a reader of a whole log must see: one of each step that holds no credentials. */
const shownTexts = shownSteps.map(printedBy);

describeEmbedded('a build that builds-api made', () => {
  beforeAll(start, buildTimeoutMs);
  afterAll(async () => {
    kube.close();
    expectCleanLog(target);
    await target.close();
  }, buildTimeoutMs);

  const expectShown = (text: string): void => {
    for (const shown of shownTexts) expect(text).toContain(shown);
    for (const secret of [credential, linkedPassword, base64OfPassword]) expect(text).not.toContain(secret);
  };

  test(
    'has its status, image and log while it runs and after it has ended, and its log outlives the run',
    async () => {
      const mine = await forTool(target, 'moved');
      const id = await startOld('moved', 'works');
      const events = await mine.follow(id);
      expectShown(linesOf(events).join('\n'));
      expect(events.at(-1)).toMatchObject({ type: 'end', status: 'BUILD_SUCCESS', log: 'complete' });
      const build = await mine.archived(id);
      expectShape(build, 'Build');
      expect(build).toMatchObject({
        build_id: id,
        status: 'BUILD_SUCCESS',
        message: 'The build succeeded.',
        log: 'complete',
        resolved_ref: commit,
        destination_image: `registry.example/tool-moved/app:latest@sha256:${'7'.padStart(64, '0')}`,
        parameters: { source_url: 'https://example.org/works.git', ref: 'main', image_name: 'app' },
      });
      expect((await mine.list()).map(({ build_id }) => build_id)).toEqual([id]);
      expect(await runOf(id)).toBeDefined();
      await kube.remove('pipelineruns', id);
      expect(linesOf(await mine.follow(id))).toEqual(linesOf(events));
      expect(await mine.get(id)).toEqual(build);
    },
    buildTimeoutMs,
  );

  test(
    'and ended before the service came is listed, and its log is archived',
    async () => {
      const mine = await forTool(target, 'earlier');
      const id = await startOld('earlier', 'fails');
      await eventually(async () => (await runOf(id))?.status?.completionTime !== undefined);
      const build = await mine.archived(id);
      expect(build).toMatchObject({ status: 'BUILD_FAILURE', message: 'Step build failed with exit code 3.' });
      expect(build.log).toBe('complete');
    },
    buildTimeoutMs,
  );

  test(
    'counts for the limit, and its cancellation ends it and lets the next build run',
    async () => {
      const mine = await forTool(target, 'busy');
      const [first = '', second] = [await startOld('busy', 'waits'), await startOld('busy', 'waits')];
      const source_url = await target.repository('mine', { Procfile: 'web: true\n' });
      const { name, queue_position } = await mine.start({ source_url });
      expect(queue_position).toBe(1);
      expectStatus(await mine.cancel(first), 200);
      expect(await mine.finished(first)).toMatchObject({ status: 'BUILD_CANCELLED' });
      await mine.finished(name);
      expect((await mine.list()).map(({ build_id, status }) => [build_id, status])).toContainEqual([
        second,
        'BUILD_RUNNING',
      ]);
    },
    buildTimeoutMs,
  );

  test(
    'is deleted with its run and log, while it runs and after',
    async () => {
      const mine = await forTool(target, 'tidy');
      const done = await startOld('tidy', 'works');
      await mine.archived(done);
      const live = await startOld('tidy', 'waits');
      for (const id of [done, live]) expectStatus(await mine.remove(id), 200);
      expect(await mine.list()).toEqual([]);
      await eventually(async () => !(await runOf(done)) && !(await runOf(live)));
      for (const id of [done, live]) expectStatus(await mine.call(`/builds/${id}/logs`), 404);
      expect(await mine.list()).toEqual([]);
    },
    buildTimeoutMs,
  );

  test(
    'times out as such, and without a TaskRun it has the message of its run',
    async () => {
      const mine = await forTool(target, 'late');
      const late = await startOld('late', 'waits', { timeouts: { pipeline: '1s' } });
      expect(await mine.finished(late)).toMatchObject({
        status: 'BUILD_TIMEOUT',
        message: 'The build took longer than 1s and was stopped.',
      });
      const lost = await startOld('late', 'works', { pipelineRef: { name: 'missing' } });
      const build = await mine.archived(lost);
      expect(build.status).toBe('BUILD_FAILURE');
      expect(build.message).toMatch(/^CouldntGetPipeline: /);
      expect(build.log).not.toBe('live');
    },
    buildTimeoutMs,
  );

  test('is no build of another tool', async () => {
    const other = await forTool(target, 'other');
    const id = await startOld('moved', 'works');
    expectStatus(await other.call(`/builds/${id}`), 404);
    expectStatus(await other.call(`/builds/${id}/logs`), 404);
    expectStatus(await other.cancel(id), 404);
    expectStatus(await other.remove(id), 404);
    expect(await other.list()).toEqual([]);
  });
});

describeEmbedded('a build of this service', () => {
  beforeAll(start, buildTimeoutMs);
  afterAll(async () => {
    kube.close();
    expectCleanLog(target);
    await target.close();
  }, buildTimeoutMs);

  /** Returns what builds-api would show of a build, from the build's run alone. */
  const shownByBuildsApi = ({ metadata, spec, status }: PipelineRun) => {
    const param = (name: string) => spec.params?.find((item) => item.name === name)?.value;
    const result = (name: string) => status?.results?.find((item) => item.name === name)?.value.trim();
    return {
      build_id: metadata.name,
      user: metadata.labels?.user,
      source_url: param('SOURCE_URL'),
      ref: param('UNRESOLVED_SOURCE_REFERENCE'),
      resolved_ref: param('SOURCE_REFERENCE'),
      envvars: param('ENV_VARS'),
      destination_image: `${result('APP_IMAGE_URL')}@${result('APP_IMAGE_DIGEST')}`,
      reason: status?.conditions?.[0]?.reason,
    };
  };

  test(
    'keeps its run, from which builds-api shows the same build',
    async () => {
      const mine: Caller = await forTool(target, 'back');
      const source_url = await target.repository('back', { Procfile: 'web: true\n' });
      const { name } = await mine.start({ source_url, ref: 'main', envvars: { NAME: 'value' } });
      const build = await mine.archived(name);
      const run = (await runOf(name)) as PipelineRun;
      expect(shownByBuildsApi(run)).toEqual({
        build_id: name,
        user: 'back',
        source_url: build.parameters.source_url,
        ref: 'main',
        resolved_ref: build.resolved_ref,
        envvars: ['NAME=value'],
        destination_image: build.destination_image,
        reason: 'Succeeded',
      });
      await eventually(async () => ((await runOf(name))?.metadata.finalizers?.length ?? 0) === 0);
      expectStatus(await mine.remove(name), 200);
      await eventually(async () => !(await runOf(name)));
    },
    buildTimeoutMs,
  );
});
