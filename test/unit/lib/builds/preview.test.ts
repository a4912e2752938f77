import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildView } from '../../../../lib/builds/build-view.ts';
import type { BuildsApiRuns } from '../../../../lib/builds/context.ts';
import { getBuild, getLatestBuild, listBuilds } from '../../../../lib/builds/read.ts';
import { reconcile } from '../../../../lib/builds/reconcile.ts';
import { createOldRun, type OldRun, oldRunName } from '../../../support/builds-api-run.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';
import { startContext } from './context.ts';

const limits = { running: 2, queued: 5, succeeded: 4, failed: 2 };
const running = { status: 'Unknown', reason: 'Running' } as const;
let cluster: TestCluster;
let reports: string[];

beforeEach(async () => {
  cluster = await startCluster();
  reports = [];
});
afterEach(() => cluster.close());

const contextWith = (buildsApiRuns: BuildsApiRuns) =>
  startContext(cluster.kube(), { limits, slots: undefined, buildsApiRuns });

const versions = { default: { builder: 'builder:0', runner: 'r' }, latest: { builder: 'builder:1', runner: 'r' } };

const readContextWith = (buildsApiRuns: BuildsApiRuns) => ({
  ...contextWith(buildsApiRuns),
  versions,
  reportBehind: (tool: string) => void reports.push(tool),
  requestArchiver: () => undefined,
});

const createOld = (tool: string, options: OldRun): Promise<string> => createOldRun(cluster.kube(), tool, options);

const endings: [string, OldRun['condition'], string][] = [
  ['aaaaa', undefined, 'BUILD_PENDING'],
  ['bbbbb', running, 'BUILD_RUNNING'],
  ['ccccc', { status: 'True', reason: 'Succeeded' }, 'BUILD_SUCCESS'],
  ['ddddd', { status: 'False', reason: 'Failed' }, 'BUILD_FAILURE'],
  ['eeeee', { status: 'False', reason: 'CouldntGetPipeline' }, 'BUILD_FAILURE'],
  ['fffff', { status: 'False', reason: 'PipelineRunTimeout' }, 'BUILD_TIMEOUT'],
  ['ggggg', { status: 'False', reason: 'Cancelled' }, 'BUILD_CANCELLED'],
  ['hhhhh', { status: 'False', reason: 'PipelineRunCancelled' }, 'BUILD_CANCELLED'],
  ['iiiii', { status: 'Unknown', reason: 'Odd' }, 'BUILD_UNKNOWN'],
];

describe.each<BuildsApiRuns>(['show', 'adopt'])(
  'with %s reads show the builds of builds-api before they are adopted:',
  (mode) => {
    test('each with the status of its run, to a tool without a ledger', async () => {
      for (const [suffix, condition] of endings) await createOld('mine', { suffix, condition });
      await createOld('other', { condition: running });
      cluster.requests.length = 0;
      const builds = await listBuilds(readContextWith(mode), 'mine');
      const statuses = new Map(builds.map(({ build_id, status }) => [build_id, status]));
      expect(statuses).toEqual(new Map(endings.map(([suffix, , status]) => [oldRunName('mine', suffix), status])));
      expect(cluster.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
    });

    test('with their parameters and image, by id, as the latest, and to readers of logs', async () => {
      const id = await createOld('mine', { condition: { status: 'True', reason: 'Succeeded' } });
      const context = readContextWith(mode);
      const build = await getBuild(context, 'mine', id);
      expect(build).toMatchObject({
        build_id: id,
        status: 'BUILD_SUCCESS',
        start_time: '2026-11-22T08:00:00Z',
        end_time: '2026-11-22T08:00:00Z',
        destination_image: expect.stringMatching(/^registry\.example\/tool-x\/app:latest@sha256:a{64}$/),
        parameters: {
          source_url: 'https://example.org/r.git',
          ref: 'main',
          image_name: 'app',
          use_latest_versions: true,
        },
      });
      expect(await getLatestBuild(context, 'mine')).toEqual(build);
      expect(await buildView(context, 'mine', id).read()).toMatchObject({ build: { id, status: 'BUILD_SUCCESS' } });
    });

    test('by one read of a run for the reader of a log, and by one list for the reader of all builds', async () => {
      const id = await createOld('mine', { condition: running });
      cluster.requests.length = 0;
      await buildView(readContextWith(mode), 'mine', id).read();
      expect(cluster.requests.filter((request) => request.includes('pipelineruns'))).toEqual([
        expect.stringMatching(new RegExp(`/pipelineruns/${id}$`)),
      ]);
      cluster.requests.length = 0;
      await listBuilds(readContextWith(mode), 'mine');
      expect(cluster.requests.filter((request) => request.includes('pipelineruns'))).toEqual([
        expect.stringContaining('labelSelector=user%3Dmine'),
      ]);
    });

    test('not those of another tool', async () => {
      const id = await createOld('other', { condition: running });
      await expect(getBuild(readContextWith(mode), 'mine', id)).rejects.toMatchObject({ code: 'build_not_found' });
      await expect(buildView(readContextWith(mode), 'mine', id).read()).rejects.toMatchObject({
        code: 'build_not_found',
      });
    });

    test('and as cancelled after their adoption when somebody deletes their runs', async () => {
      const id = await createOld('mine', { condition: running });
      await reconcile(contextWith('adopt'), 'mine');
      await cluster.kube().remove('pipelineruns', id);
      expect(await listBuilds(readContextWith(mode), 'mine')).toMatchObject([
        { build_id: id, status: 'BUILD_CANCELLED' },
      ]);
      expect(await buildView(readContextWith(mode), 'mine', id).read()).toMatchObject({
        build: { status: 'BUILD_CANCELLED' },
      });
      expect(reports).toEqual(['mine', 'mine']);
    });
  },
);

test.each<[BuildsApiRuns, string[]]>([
  ['adopt', ['mine']],
  ['show', []],
])('with %s a read of builds that are not adopted reports %j', async (mode, expected) => {
  await createOld('mine', { condition: running });
  await createOld('mine', { suffix: 'bbbbb', condition: { status: 'True', reason: 'Succeeded' } });
  await listBuilds(readContextWith(mode), 'mine');
  expect(reports).toEqual(expected);
});

test('with ignore reads show no build of builds-api, and list no runs', async () => {
  const id = await createOld('mine', { condition: running });
  cluster.requests.length = 0;
  expect(await listBuilds(readContextWith('ignore'), 'mine')).toEqual([]);
  await expect(buildView(readContextWith('ignore'), 'mine', id).read()).rejects.toMatchObject({
    code: 'build_not_found',
  });
  expect(cluster.requests.filter((request) => request.includes('pipelineruns'))).toEqual([]);
});

test('a build that was adopted stays with ignore', async () => {
  const id = await createOld('mine', { condition: running });
  await reconcile(contextWith('adopt'), 'mine');
  expect(await listBuilds(readContextWith('ignore'), 'mine')).toMatchObject([
    { build_id: id, status: 'BUILD_RUNNING' },
  ]);
});
