/**
 * Runs that builds-api made, on a cluster. What the service does with them depends on the setting BUILDS_API_RUNS of the
 * deployment, so each part of this file runs where the setting has its value.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PipelineRun } from '../../../lib/tekton/types.ts';
import type { Build } from '../../../openapi/generated/types.ts';
import { requestedOldRun } from '../../support/builds-api-run.ts';
import { credential, linkedPassword, oldPipeline, printedBy, shownSteps } from '../../support/old-pipeline.ts';
import { buildsApiRuns, untilReleased } from './kept-runs.ts';
import { type LogLine, openService, type Service, type Tool, until } from './service.ts';
import { deployedSettings } from './settings.ts';

const pipeline = 'e2e-old-buildpacks';
const settings = await deployedSettings();
const mode = buildsApiRuns(settings);
const describeWith = (value: string) => (mode === value ? describe : describe.skip);

let service: Service;
let tool: Tool;

/** Stands for the ServiceAccount of builds-api, which another Helm release has. */
const account = 'e2e-old-account';
const oldAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account } };

beforeAll(async () => {
  service = await openService();
  tool = await service.tool();
  const items = [oldPipeline(pipeline, settings.BUILDER ?? ''), oldAccount];
  await service.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
});
afterAll(async () => {
  await service.kubectl(['delete', 'pipelineruns', '-l', `user=${tool.name}`]);
  await service.kubectl(['delete', `pipeline/${pipeline}`, `serviceaccount/${account}`]);
  await service.close();
});

/** Starts a build as builds-api does. The repository's name says whether the build fails, waits or works. @returns its id */
const startOld = async (repository: 'fails' | 'waits' | 'works'): Promise<string> => {
  const { spec, ...run } = requestedOldRun(tool.name, pipeline, repository);
  const taskRunSpecs = [{ pipelineTaskName: 'build-from-git', serviceAccountName: account }];
  const words = ['create', '-f', '-', '-o', 'jsonpath={.metadata.name}'];
  return (await service.kubectl(words, JSON.stringify({ ...run, spec: { ...spec, taskRunSpecs } }))).trim();
};

const runOf = async (id: string): Promise<PipelineRun | undefined> => {
  const text = await service.kubectl(['get', 'pipelinerun', id, '--ignore-not-found', '-o', 'json']);
  return text === '' ? undefined : (JSON.parse(text) as PipelineRun);
};

const reasonOf = async (id: string): Promise<string | undefined> =>
  (await runOf(id))?.status?.conditions?.find(({ type }) => type === 'Succeeded')?.reason;

const statuses = async (): Promise<Record<string, string>> => {
  const { json } = await tool.client.call('GET', tool.path('/builds'));
  return Object.fromEntries((json.builds as Build[]).map(({ build_id, status }) => [build_id, status]));
};

const logOf = async (id: string, query?: string): Promise<LogLine[]> => {
  const lines: LogLine[] = [];
  for await (const line of tool.log(id, query)) lines.push(line);
  return lines;
};

const textOf = (lines: readonly LogLine[]): string => lines.map(({ line }) => line).join('\n');

const expectShown = (text: string, steps: readonly string[]): void => {
  for (const step of steps) expect(text).toContain(printedBy(step));
  for (const secret of [credential, linkedPassword]) expect(text).not.toContain(secret);
};

/** Starts a build of each kind, and waits until Tekton runs the first and has ended the others. */
const startAll = async () => {
  const [waits, works, fails] = await Promise.all([startOld('waits'), startOld('works'), startOld('fails')]);
  await until(`${waits} runs`, async () => (await reasonOf(waits)) === 'Running');
  await until(`${works} has succeeded`, async () => (await reasonOf(works)) === 'Succeeded');
  await until(`${fails} has failed`, async () => (await reasonOf(fails)) === 'Failed');
  return { waits, works, fails };
};

describeWith('ignore')('where runs of builds-api are ignored', () => {
  test('they are no builds, and stay as they are', async () => {
    const ids = await startAll();
    const before = await Promise.all(Object.values(ids).map(runOf));
    expect(await statuses()).toEqual({});
    for (const id of Object.values(ids)) {
      expect((await tool.client.call('GET', tool.path(`/builds/${id}`))).status).toBe(404);
      expect((await tool.client.call('PUT', tool.path(`/builds/${id}/cancel`))).status).toBe(404);
    }
    const after = await Promise.all(Object.values(ids).map(runOf));
    expect(after.map((run) => run?.spec)).toEqual(before.map((run) => run?.spec));
  });
});

describeWith('show')('where runs of builds-api are shown', () => {
  test('reads show them and write nothing, and a cancellation ends them', async () => {
    const { waits, works, fails } = await startAll();
    expect(await statuses()).toEqual({
      [waits]: 'BUILD_RUNNING',
      [works]: 'BUILD_SUCCESS',
      [fails]: 'BUILD_FAILURE',
    });
    expectShown(textOf(await logOf(works, '')), shownSteps);
    const runs = await Promise.all([waits, works, fails].map(runOf));
    expect(runs.map((run) => run?.metadata.finalizers)).toEqual([undefined, undefined, undefined]);
    expect(await service.kubectl(['get', 'buildledger', tool.name, '--ignore-not-found'])).toBe('');
    expect((await tool.client.call('PUT', tool.path(`/builds/${waits}/cancel`))).status).toBe(200);
    expect(await tool.finished(waits)).toMatchObject({ status: 'BUILD_CANCELLED' });
  });
});

describeWith('adopt')('where runs of builds-api are adopted', () => {
  test('they have a status, a log that outlives its pod, and an end, as any build', async () => {
    const { waits, works, fails } = await startAll();
    expect(await statuses()).toEqual({
      [waits]: 'BUILD_RUNNING',
      [works]: 'BUILD_SUCCESS',
      [fails]: 'BUILD_FAILURE',
    });
    expect((await tool.get(fails)).message).toBe('Step build failed with exit code 3.');
    const live = textOf(await logOf(works));
    expectShown(live, shownSteps);
    for (const id of [works, fails])
      await until(`the log of ${id} is archived`, async () => (await tool.get(id)).log === 'complete');
    await service.kubectl(['delete', 'pods', '-l', `tekton.dev/pipelineRun=${works}`]);
    expectShown(textOf(await logOf(works, '')), shownSteps);
    expect((await runOf(works))?.metadata.deletionTimestamp).toBeUndefined();
    expect((await tool.client.call('PUT', tool.path(`/builds/${waits}/cancel`))).status).toBe(200);
    expect(await tool.finished(waits)).toMatchObject({ status: 'BUILD_CANCELLED' });
    for (const id of [works, fails, waits])
      expect((await tool.client.call('DELETE', tool.path(`/builds/${id}`))).status).toBe(200);
    const runs = () => Promise.all([works, fails, waits].map(runOf));
    await until('the runs are gone', async () => (await runs()).every((run) => !run));
    expect(await statuses()).toEqual({});
  });

  test('they hold slots of their tool', async () => {
    const limit = Number(settings.LIMIT_RUNNING ?? 4);
    const ids = await Promise.all(Array.from({ length: limit }, () => startOld('waits')));
    const url = await service.repository('static', { 'public/index.html': 'x' });
    const { json } = await tool.client.call('POST', tool.path('/builds'), { body: { source_url: url } });
    const { name, queue_position } = json.new_build as { name: string; queue_position?: number };
    expect(queue_position).toBe(1);
    expect((await tool.client.call('PUT', tool.path(`/builds/${ids[0]}/cancel`))).status).toBe(200);
    expect(await tool.finished(name)).toMatchObject({ status: 'BUILD_SUCCESS' });
    await untilReleased(service, name);
    expect(await runOf(name)).toBeDefined();
  });
});
