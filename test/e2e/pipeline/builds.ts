import { randomBytes } from 'node:crypto';
import { failedStep, succeededCondition } from '../../../lib/tekton/status.ts';
import type { PipelineRun, TaskRun } from '../../../lib/tekton/types.ts';
import type { Namespace } from './cluster.ts';
import { testBuilder } from './test-builder.ts';

export type BuildRequest = {
  url: string;
  commit: string;
  image: string;
  ref?: string;
  variables?: string[];
  builderImage?: string;
  runImage?: string;
  /** Name of the Pipeline. Default: that of the default versions. */
  pipeline?: string;
};

export type Build = {
  name: string;
  succeeded: boolean;
  reason: string;
  results: Record<string, string>;
  /**
   * The step that failed, its exit code and its result `failure`. `step` is '' where the run failed but no step did.
   */
  failed: { step: string; exitCode: number; message: string } | undefined;
  log: (step: string) => Promise<string>;
  /** Returns the times at which a step began and ended, in RFC 3339. */
  times: (step: string) => [string, string];
  podName: string;
};

/** Encodes a user's text for the pipeline. Without the encoding, Tekton and the kubelet would replace $(…) and $$. */
const encode = (text: string): string => text.replaceAll('%', '%25').replaceAll('$', '%24');

const pipelineRun = (name: string, request: BuildRequest) => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name },
  spec: {
    pipelineRef: { name: request.pipeline ?? 'toolforge-builds' },
    params: [
      { name: 'BUILDER_IMAGE', value: request.builderImage ?? testBuilder().builderImage },
      { name: 'RUN_IMAGE', value: request.runImage ?? testBuilder().runImage },
      { name: 'APP_IMAGE', value: request.image },
      { name: 'SOURCE_URL', value: request.url },
      { name: 'SOURCE_REFERENCE', value: request.commit },
      { name: 'UNRESOLVED_SOURCE_REFERENCE', value: encode(request.ref ?? 'main') },
      { name: 'ENV_VARS', value: (request.variables ?? []).map(encode) },
      { name: 'USE_LATEST_VERSIONS', value: 'false' },
      { name: 'USE_DEPRECATED_VERSIONS', value: 'false' },
    ],
    timeouts: { pipeline: '10m0s' },
    taskRunSpecs: [{ pipelineTaskName: 'build-from-git', serviceAccountName: 'toolforge-builds' }],
    workspaces: ['source-ws', 'cache-ws', 'aptbuildpack-ws'].map((workspace) => ({ name: workspace, emptyDir: {} })),
  },
});

const failureOf = (taskRun: TaskRun): Build['failed'] => {
  const step = failedStep(taskRun);
  const condition = succeededCondition(taskRun);
  if (step === undefined && condition?.status === 'True') return undefined;
  if (step === undefined) return { step: '', exitCode: -1, message: `${condition?.reason}: ${condition?.message}` };
  const message = step.results?.find(({ name }) => name === 'failure')?.value ?? '';
  return { step: step.name, exitCode: step.terminated?.exitCode ?? 0, message };
};

/** Creates the run of a build, and waits up to 600 s for its end. */
export const build = async (namespace: Namespace, request: BuildRequest): Promise<Build> => {
  const name = `build-${randomBytes(5).toString('hex')}`;
  await namespace.apply(pipelineRun(name, request));
  await namespace.kubectl(['wait', `pipelinerun/${name}`, '--for=jsonpath={.status.completionTime}', '--timeout=600s']);
  const run = await namespace.get<PipelineRun>('pipelinerun', name);
  const child = run.status?.childReferences?.[0]?.name;
  if (child === undefined) throw new Error(`The run ${name} has no TaskRun: ${JSON.stringify(run.status?.conditions)}`);
  const taskRun = await namespace.get<TaskRun>('taskrun', child);
  const podName = taskRun.status?.podName ?? '';
  const condition = run.status?.conditions?.find(({ type }) => type === 'Succeeded');
  return {
    name,
    podName,
    succeeded: condition?.status === 'True',
    reason: `${condition?.reason}: ${condition?.message}`,
    results: Object.fromEntries((run.status?.results ?? []).map((result) => [result.name, result.value])),
    failed: failureOf(taskRun),
    times: (step) => {
      const ended = taskRun.status?.steps?.find((state) => state.name === step)?.terminated;
      return [ended?.startedAt ?? '', ended?.finishedAt ?? ''];
    },
    log: (step) => namespace.kubectl(['logs', podName, '--container', `step-${step}`]),
  };
};
