import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { CloudEvent } from 'cloudevents';
import { createAcceptTekton } from '../../../../events/accept-tekton/handler.ts';
import type { OwnEvent } from '../../../../lib/events/build-event.ts';
import type { TaskRun } from '../../../../lib/tekton/types.ts';
import { createOldRun, oldRunName } from '../../../support/builds-api-run.ts';
import { startCluster, type TestCluster } from '../../../support/kubernetes/cluster.ts';

let cluster: TestCluster;
let sent: OwnEvent[];

beforeEach(async () => {
  cluster = await startCluster();
  sent = [];
});
afterEach(() => cluster.close());

const accept = async (adoptsRuns: boolean, kind: 'pipelineRun' | 'taskRun', name: string): Promise<void> => {
  const kube = cluster.kube();
  const handle = createAcceptTekton({ kube, adoptsRuns, send: async (event) => void sent.push(event) });
  const type = `dev.tekton.event.${kind.toLowerCase()}.running.v1`;
  const data = { [kind]: { metadata: { name, namespace: kube.namespace } } };
  await handle(new CloudEvent({ type, source: '/apis', data }));
};

const createTaskRun = async (tool: string): Promise<string> => {
  const run = oldRunName(tool);
  const labels = { user: tool, 'tekton.dev/pipelineRun': run };
  const metadata = { name: `${run}-build-from-git`, labels, annotations: { 'pipeline.tekton.dev/release': 'v0.59' } };
  await cluster.kube().create<TaskRun>('taskruns', {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata,
    spec: { taskSpec: { steps: [] } },
  } as TaskRun);
  return metadata.name;
};

test('an event about a run or TaskRun of builds-api is sent on where such runs are adopted', async () => {
  const id = await createOldRun(cluster.kube(), 'mine');
  await accept(true, 'pipelineRun', id);
  await accept(true, 'taskRun', await createTaskRun('mine'));
  expect(sent.map(({ subject, data }) => ({ subject, data }))).toEqual([
    { subject: id, data: { tool: 'mine', build: id } },
    { subject: id, data: { tool: 'mine', build: id } },
  ]);
});

test('an event about a run or TaskRun of builds-api is dropped where such runs are not adopted', async () => {
  await accept(false, 'pipelineRun', await createOldRun(cluster.kube(), 'mine'));
  await accept(false, 'taskRun', await createTaskRun('mine'));
  expect(sent).toEqual([]);
});

test.each([[{ user: 'other' }], [{ user: 'Not.a.tool' }], [{ user: '' }]])(
  'an event about a run with the label %j, from which its name was not generated, is dropped',
  async (labels) => {
    await accept(true, 'pipelineRun', await createOldRun(cluster.kube(), 'mine', { labels }));
    expect(sent).toEqual([]);
  },
);
