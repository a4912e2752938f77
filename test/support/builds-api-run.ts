import type { Kube } from '../../lib/kube/client.ts';
import type { KubeObject } from '../../lib/kube/resources.ts';
import type { Condition, PipelineRun } from '../../lib/tekton/types.ts';

/** Commit of the runs that this file makes. */
export const commit = '0123456789abcdef0123456789abcdef01234567';

const digest = `sha256:${'a'.repeat(64)}`;

/** Parameters of a run, by name. Undefined removes a parameter that the run has otherwise. */
export type OldParameters = Record<string, string | string[] | undefined>;

export type OldRun = {
  /** Five characters that Kubernetes would generate as the end of the run's name. Default: `abcde`. */
  suffix?: string;
  params?: OldParameters;
  /** Condition Succeeded of the run. Default: none, as before Tekton has seen the run. */
  condition?: Pick<Condition, 'status' | 'reason'> | undefined;
  /** Time of the run's creation, start and end. */
  at?: string;
  labels?: Record<string, string>;
};

/** Returns the name that Kubernetes generates for a run of builds-api 2. */
export const oldRunName = (tool: string, suffix = 'abcde'): string =>
  `${`${tool}-buildpacks-pipelinerun-`.slice(0, 58)}${suffix}`;

const statusOf = ({ condition, at = '2026-11-22T08:00:00Z' }: OldRun): NonNullable<PipelineRun['status']> => {
  if (!condition) return {};
  const hasEnded = condition.status !== 'Unknown';
  return {
    conditions: [{ type: 'Succeeded', lastTransitionTime: at, ...condition }],
    startTime: at,
    ...(hasEnded ? { completionTime: at } : {}),
    ...(condition.status === 'True'
      ? {
          results: [
            { name: 'APP_IMAGE_DIGEST', value: `${digest}\n` },
            { name: 'APP_IMAGE_URL', value: 'registry.example/tool-x/app:latest' },
          ],
        }
      : {}),
  };
};

/** Returns a PipelineRun as builds-api 2 makes it, without any annotation of this service. */
export const oldRun = (tool: string, options: OldRun = {}): PipelineRun => {
  const { suffix, labels = {}, at = '2026-11-22T08:00:00Z' } = options;
  const params = {
    BUILDER_IMAGE: 'builder:1',
    RUN_IMAGE: 'run:1',
    APP_IMAGE: `registry.example/tool-${tool}/app`,
    SOURCE_URL: 'https://example.org/r.git',
    SOURCE_REFERENCE: commit,
    UNRESOLVED_SOURCE_REFERENCE: 'main',
    ENV_VARS: ['NAME=value', 'PRICE=$5 100%24'],
    ...options.params,
  };
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: {
      name: oldRunName(tool, suffix),
      creationTimestamp: at,
      labels: { user: tool, ...labels },
    },
    spec: {
      pipelineRef: { name: 'buildpacks' },
      params: Object.entries(params).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
      taskRunSpecs: [{ pipelineTaskName: 'build-from-git', serviceAccountName: 'buildpacks-service-account' }],
      workspaces: ['source-ws', 'cache-ws', 'aptbuildpack-ws'].map((name) => ({ name, emptyDir: {} })),
    },
    status: statusOf(options),
  } as PipelineRun;
};

/**
 * Returns the object with which builds-api asks Tekton for a run: Kubernetes generates the end of the run's name.
 * @param pipeline name of a Pipeline as `oldPipeline` makes it
 * @param repository name of the repository, which says what the run does: works, fails or waits
 */
export const requestedOldRun = (tool: string, pipeline: string, repository: string): PipelineRun & KubeObject => {
  const { status: _, ...run } = oldRun(tool, { params: { SOURCE_URL: `https://example.org/${repository}.git` } });
  const { name: _name, creationTimestamp: _time, ...metadata } = run.metadata;
  return {
    ...run,
    metadata: { ...metadata, generateName: `${tool}-buildpacks-pipelinerun-` },
    spec: { ...run.spec, pipelineRef: { name: pipeline } },
  } as unknown as PipelineRun & KubeObject;
};

/** Creates a run as builds-api does, and gives it its status as Tekton does. @returns the run's name */
export const createOldRun = async (kube: Kube, tool: string, options: OldRun = {}): Promise<string> => {
  const { status, ...run } = oldRun(tool, options);
  const created = await kube.create<PipelineRun>('pipelineruns', run);
  await kube.replaceStatus('pipelineruns', { ...created, ...(status ? { status } : {}) });
  return run.metadata.name;
};
